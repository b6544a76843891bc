"""From a spec's tree and an org's schema to a plan. Pure: no file, no network, no clock."""
