"""Why people disagree: slips, unclear rules and different values, told apart by their votes. Pure."""
