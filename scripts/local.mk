dist_check_SCRIPTS += %D%/check-layers
dist_check_SCRIPTS += %D%/check-conf
EXTRA_DIST += %D%/run %D%/test
