dist_man_MANS += %D%/weir.1
EXTRA_DIST += %D%/README.md
EXTRA_DIST += %D%/grafana.json
EXTRA_DIST += %D%/examples/centrifugo.json
EXTRA_DIST += %D%/weir.service
EXTRA_DIST += %D%/weir.yaml.example
