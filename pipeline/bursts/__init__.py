"""A series of counts to alarms: when more people speak than its past explains."""
