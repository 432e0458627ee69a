dist_check_SCRIPTS += %D%/check-layers %D%/check-conf %D%/check-metrics
EXTRA_DIST += %D%/check-format %D%/cluster %D%/failures %D%/fault-report %D%/feed-machine %D%/feed-prices %D%/lib %D%/run %D%/screenshots %D%/test
