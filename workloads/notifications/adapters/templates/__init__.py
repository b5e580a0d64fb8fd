"""Templates on Jinja2: those of tenants run in processes of their own. Foreign HTML is cleaned by nh3."""
