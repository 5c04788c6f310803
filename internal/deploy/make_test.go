package deploy_test

import "testing"

func TestMake(t *testing.T) {
	plain := map[string]string{"Makefile": "STAGE ?= dev\nexport NAME = shop\nTAG := v1\nLATE = $(TAG)-$(STAGE)\nexport LATE\nPLAIN = p\nKEY = over\nunexport HOST_A\n\n.PHONY: deploy build all\nall: build deploy\nbuild:\n\t@echo build $(TAG)\n\t-rm x\ndeploy: build\n\tA=$(STAGE) ./deploy.sh $@ $$KEY \\\n\t  $<\n\t+B=1 next\nempty:\nother:\n\techo ${PLAIN} $(UNDEFINED)x\nshell:\n\techo $(shell date)\nsec:\n\techo $(SECRET)\n"}
	sub := map[string]string{"Makefile": "export\nA = 1\nB = $(call f,x)\nx: y\n\tuse\ny:\n\n\tfirst\n", "sub/Makefile": "x:\n\techo sub\n"}
	runServiceRows(t, []row{
		{script: `make deploy`, files: plain,
			want: []string{
				`run sh: echo build v1 KEY="over" LATE="v1-dev" NAME="shop" -HOST_A`,
				`run sh: rm x KEY="over" LATE="v1-dev" NAME="shop" -HOST_A`,
				"run sh: A=dev ./deploy.sh deploy $KEY \\\n  build KEY=\"over\" LATE=\"v1-dev\" NAME=\"shop\" -HOST_A",
				`run sh: B=1 next KEY="over" LATE="v1-dev" NAME="shop" -HOST_A`,
			}},
		{script: `make deploy STAGE=prod`, files: plain,
			want: []string{
				`run sh: echo build v1 KEY="over" LATE="v1-prod" NAME="shop" STAGE="prod" -HOST_A`,
				`run sh: rm x KEY="over" LATE="v1-prod" NAME="shop" STAGE="prod" -HOST_A`,
				"run sh: A=prod ./deploy.sh deploy $KEY \\\n  build KEY=\"over\" LATE=\"v1-prod\" NAME=\"shop\" STAGE=\"prod\" -HOST_A",
				`run sh: B=1 next KEY="over" LATE="v1-prod" NAME="shop" STAGE="prod" -HOST_A`,
			}},
		{script: `STAGE=ci make deploy`, files: plain,
			want: []string{
				`run sh: echo build v1 KEY="over" LATE="v1-ci" NAME="shop" STAGE="ci" -HOST_A`,
				`run sh: rm x KEY="over" LATE="v1-ci" NAME="shop" STAGE="ci" -HOST_A`,
				"run sh: A=ci ./deploy.sh deploy $KEY \\\n  build KEY=\"over\" LATE=\"v1-ci\" NAME=\"shop\" STAGE=\"ci\" -HOST_A",
				`run sh: B=1 next KEY="over" LATE="v1-ci" NAME="shop" STAGE="ci" -HOST_A`,
			}},
		{script: `make`, files: plain,
			want: []string{
				`run sh: echo build v1 KEY="over" LATE="v1-dev" NAME="shop" -HOST_A`,
				`run sh: rm x KEY="over" LATE="v1-dev" NAME="shop" -HOST_A`,
				"run sh: A=dev ./deploy.sh deploy $KEY \\\n  build KEY=\"over\" LATE=\"v1-dev\" NAME=\"shop\" -HOST_A",
				`run sh: B=1 next KEY="over" LATE="v1-dev" NAME="shop" -HOST_A`,
			}},
		{script: `make other PLAIN=cl`, files: plain,
			want: []string{
				`run sh: echo cl x KEY="over" LATE="v1-dev" NAME="shop" PLAIN="cl" -HOST_A`,
			}},
		{script: `make shell`, files: plain,
			want: []string{
				`problems 1`,
			}},
		{script: `make sec`, files: plain,
			want: []string{
				`problems 1`,
			}},
		{script: `make nothere`, files: plain,
			want: []string{
				`problems 1`,
			}},
		{script: `make empty`, files: plain},
		{script: `make -n deploy`, files: plain},
		{script: `make deploy "$SECRET"`, files: plain,
			want: []string{
				`problems 1`,
			}},
		{script: `make deploy "STAGE=$SECRET"`, files: plain,
			want: []string{
				`problems 1`,
			}},
		{script: `make other "EXTRA=$SECRET"`, files: plain,
			want: []string{
				`run sh: echo p x EXTRA=?ci-secret KEY="over" LATE="v1-dev" NAME="shop" -HOST_A`,
			}},
		{script: `make -f none.mk deploy`, files: plain},
		{script: `make -j4 -s other`, files: plain,
			want: []string{
				`run sh: echo p x KEY="over" LATE="v1-dev" NAME="shop" -HOST_A`,
			}},
		{script: `make -e other`, files: plain,
			want: []string{
				`problems 1`,
			}},
		{script: `make "KEY=$KEY" other`, files: plain,
			want: []string{
				`run sh: echo p x LATE="v1-dev" NAME="shop" -HOST_A`,
			}},
		{script: `make -C sub x`, files: map[string]string{"Makefile": "STAGE ?= dev\nexport NAME = shop\nTAG := v1\nLATE = $(TAG)-$(STAGE)\nexport LATE\nPLAIN = p\nKEY = over\nunexport HOST_A\n\n.PHONY: deploy build all\nall: build deploy\nbuild:\n\t@echo build $(TAG)\n\t-rm x\ndeploy: build\n\tA=$(STAGE) ./deploy.sh $@ $$KEY \\\n\t  $<\n\t+B=1 next\nempty:\nother:\n\techo ${PLAIN} $(UNDEFINED)x\nshell:\n\techo $(shell date)\nsec:\n\techo $(SECRET)\n", "sub/Makefile": "x:\n\techo sub\n"},
			want: []string{
				`run sh in sub: echo sub`,
			}},
		{script: `make x`, files: map[string]string{"Makefile": "ifeq ($(A),1)\nx:\n\techo\nendif\n", "sub/Makefile": "x:\n\techo sub\n"},
			want: []string{
				`problems 2`,
			}},
		{script: `make x`, files: map[string]string{"Makefile": "SH := $(shell date)\nexport SH\nexport B := $(KEY)\nC = $(KEY)\nexport C\nKEY ?= none\nNONE ?= d\nexport NONE\nx:\n\techo hi # no comment $(B)\n%.o: %.c\n\tcc\n", "sub/Makefile": "x:\n\techo sub\n"},
			want: []string{
				`problems 2`,
			}},
		{script: `make x`, files: map[string]string{"Makefile": "SH := $(shell date)\nexport SH\nexport B := $(KEY)\nC = $(KEY)\nexport C\nKEY ?= none\nNONE ?= d\nexport NONE\nL = a\nL += b # c\nexport L\nx:\n\techo hi # no comment $(B)\n", "sub/Makefile": "x:\n\techo sub\n"},
			want: []string{
				`run sh: echo hi # no comment sk_CANARY_1 B="sk_CANARY_1" C="sk_CANARY_1" L="a b " NONE="d" SH=?unsupported`,
			}},
		{script: `make x`, files: sub,
			want: []string{
				`run sh: first A="1" B=?unsupported`,
				`run sh: use A="1" B=?unsupported`,
			}},
		{script: `make y x`, files: sub,
			want: []string{
				`run sh: first A="1" B=?unsupported`,
				`run sh: use A="1" B=?unsupported`,
			}},
	})
}
