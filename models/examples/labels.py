"""The explicit tables that map other people's label sets to Winnow's intents; a label in no table is not used."""

from __future__ import annotations

from typing import Final

BANKING_INTENTS: Final[dict[str, str]] = {
    label: intent
    for intent, labels in {
        "complaint": """
            card_payment_fee_charged direct_debit_payment_not_recognised balance_not_updated_after_cheque_or_cash_deposit
            wrong_amount_of_cash_received cash_withdrawal_charge transaction_charged_twice declined_cash_withdrawal
            transfer_fee_charged transfer_not_received_by_recipient balance_not_updated_after_bank_transfer
            card_payment_not_recognised card_payment_wrong_exchange_rate extra_charge_on_statement
            wrong_exchange_rate_for_cash_withdrawal Refund_not_showing_up reverted_card_payment?
            cash_withdrawal_not_recognised pending_card_payment declined_card_payment pending_top_up pending_transfer
            top_up_reverted top_up_failed pending_cash_withdrawal failed_transfer declined_transfer card_not_working
            contactless_not_working virtual_card_not_working card_arrival unable_to_verify_identity pin_blocked
            card_swallowed beneficiary_not_allowed""",
        "question": """
            visa_or_mastercard supported_cards_and_currencies card_about_to_expire country_support transfer_timing
            automatic_top_up fiat_currency_support verify_top_up apple_pay_or_google_pay why_verify_identity
            disposable_card_limits exchange_charge exchange_via_app top_up_by_cash_or_cheque top_up_by_card_charge
            verify_source_of_funds transfer_into_account exchange_rate card_delivery_estimate
            top_up_by_bank_transfer_charge age_limit topping_up_by_card top_up_limits receiving_money atm_support
            card_acceptance verify_my_identity""",
        "request": """
            request_refund activate_my_card cancel_transfer card_linking getting_spare_card change_pin
            edit_personal_details order_physical_card terminate_account get_physical_card passcode_forgotten
            getting_virtual_card get_disposable_virtual_card""",
        "report": "lost_or_stolen_phone lost_or_stolen_card compromised_card",
    }.items()
    for label in labels.split()
}

CLINC_INTENTS: Final[dict[str, str]] = {
    label: intent
    for intent, labels in {
        "complaint": "card_declined account_blocked damaged_card lost_luggage",
        "question": """
            accept_reservations application_status apr balance bill_balance bill_due calories carry_on cook_time
            credit_limit credit_score current_location date definition directions distance exchange_rate expiration_date
            flight_status food_last gas gas_type how_busy improve_credit_score income ingredient_substitution
            ingredients_list insurance interest_rate international_fees international_visa jump_start last_maintenance
            meal_suggestion measurement_conversion min_payment mpg next_holiday nutrition_info oil_change_how
            oil_change_when order_status payday plug_type pto_balance pto_request_status pto_used recipe
            replacement_card_duration restaurant_reviews restaurant_suggestion rewards_balance rollover_401k routing
            spelling spending_history taxes time timezone tire_pressure traffic transactions travel_alert
            travel_suggestion vaccines w2 weather what_song""",
        "request": """
            book_flight book_hotel calendar_update cancel cancel_reservation car_rental change_language
            credit_limit_change direct_deposit freeze_account insurance_change make_call new_card order order_checks
            pay_bill pin_change pto_request redeem_rewards reminder_update reset_settings restaurant_reservation
            schedule_maintenance schedule_meeting shopping_list_update sync_device tire_change transfer
            travel_notification uber update_playlist""",
        "praise": "thank_you",
        "report": "report_fraud report_lost_card",
        "other": """
            are_you_a_bot do_you_have_pets flip_coin fun_fact goodbye greeting how_old_are_you maybe meaning_of_life no
            roll_dice tell_joke what_are_your_hobbies what_is_your_name where_are_you_from who_made_you yes""",
    }.items()
    for label in labels.split()
}

BANKING_URGENT: Final = frozenset(
    (
        "lost_or_stolen_card",
        "lost_or_stolen_phone",
        "compromised_card",
        "card_swallowed",
        "cash_withdrawal_not_recognised",
        "card_payment_not_recognised",
        "direct_debit_payment_not_recognised",
        "transaction_charged_twice",
        "pin_blocked",
        "wrong_amount_of_cash_received",
        "cancel_transfer",
        "declined_cash_withdrawal",
    )
)
"""Money or access is being lost while nobody acts."""

CLINC_URGENT: Final = frozenset(
    (
        "report_fraud",
        "report_lost_card",
        "freeze_account",
        "account_blocked",
        "lost_luggage",
        "jump_start",
        "tire_change",
        "damaged_card",
    )
)

STAKEHOLDER_OF_SOURCE: Final = {
    "Media": "media",
    "Government": "authority",
    "Business": "partner",
    "NGOs": "partner",
    "Eyewitness": "customer",
    "Outsiders": "prospect",
}
"""crisislex_t26 says who speaks about an event: those it happens to, those who only watch, and four kinds of organisation."""
