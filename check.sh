printf '\n=====lsmfs-docs-step=====%s\n' 1
sh check.sh
printf '\n=====lsmfs-docs-step=====%s\n' 2
lsmfs run --policy=small -- sh check.sh
printf '\n=====lsmfs-docs-step=====%s\n' 3
lsmfs run --policy=small --enforcing --report=report -- sh check.sh
printf '\n=====lsmfs-docs-step=====%s\n' 4
grep -c shadow_t report/denials.sarif; rm -r check.sh report
