"""The template as others judge it: checkov, and AWS's reference of actions (`make posture`)."""
