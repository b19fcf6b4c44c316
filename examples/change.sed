# The change that `make demo` tries on the made-up history; run it on rules/penalties.yaml.
# From October on a first call costs 80 yuan, not 50.
/^  first_call_fine:/,/values:/ s/{2015-04-01: 50}/{2015-04-01: 50, 2015-10-01: 80}/
# The lowest band of the appeal rate ends at 9 in a million, not 10; what lies between it and 11 stays open.
/row: up-to-10$/,/if:/ s/"<= 10"/"<= 9"/
/row: gap-10-11$/,/if:/ s/"(10..11)"/"(9..11)"/
