"""Labels to a challenger of the noise gate."""
