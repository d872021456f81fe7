module lsmfs.invalid/lsmtest

go 1.21
