dist_check_SCRIPTS += %D%/check-layers
EXTRA_DIST += %D%/run %D%/test
