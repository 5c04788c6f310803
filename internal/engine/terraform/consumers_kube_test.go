package terraform

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/keyfit/keyfit/internal/engine/kube"
	"github.com/keyfit/keyfit/internal/model"
	"github.com/keyfit/keyfit/internal/secret"
)

// applying gives the objects to the engine that reads manifests.
func applying(t *testing.T, d delivered) []model.Consumer {
	t.Helper()
	var c kube.Cluster
	for _, doc := range d.Documents {
		if problems := c.Apply(kube.Input{Documents: d.Documents[:0:0], Doubt: nil}); len(problems) > 0 {
			t.Error("nothing has problems")
		}
		in := kube.Input{}
		in.Documents = append(in.Documents, doc)
		if problems := c.Apply(in); len(problems) > 0 {
			t.Errorf("the manifest has problems: %v", problems)
		}
	}
	out, problems := c.Consumers()
	if len(problems) > 0 {
		t.Errorf("the cluster has problems: %v", problems)
	}
	return out
}

const kubeConfiguration = `
variable "key" { default = "CANARYold" }
locals { name = "shop" }
resource "kubernetes_secret" "s" {
  metadata {
    name      = local.name
    namespace = "prod"
  }
  data        = { KEY = var.key, ARN = aws_x.y.arn, EMPTY = "", "odd \"name" = "CANARY\n\"quoted\" <&>" }
  binary_data = { BIN = base64encode("CANARYbin") }
}
resource "kubernetes_config_map_v1" "c" {
  metadata {
    name      = "settings"
    namespace = "prod"
  }
  data = { MODE = "live", PORT = 8080 }
}
resource "kubernetes_deployment" "d" {
  metadata {
    name      = "api"
    namespace = "prod"
    labels    = { app_name = "api" }
  }
  spec {
    replicas = 2
    template {
      metadata { labels = { app_name = "api" } }
      spec {
        enable_service_links = false
        init_container {
          name = "init"
          env {
            name  = "I"
            value = "CANARYi"
          }
        }
        container {
          name  = "api"
          image = aws_x.y.image
          env {
            name  = "A"
            value = "CANARYa"
          }
          env {
            name  = "N"
            value = 8080
          }
          env {
            name = "K"
            value_from {
              secret_key_ref {
                name = kubernetes_secret.s.metadata[0].name
                key  = "KEY"
              }
            }
          }
          env {
            name = "O"
            value_from {
              secret_key_ref {
                name     = "shop"
                key      = "MISSING"
                optional = true
              }
            }
          }
          env {
            name  = "U"
            value = aws_x.y.arn
          }
          env_from {
            prefix = "C_"
            config_map_ref { name = "settings" }
          }
        }
      }
    }
  }
}
resource "kubernetes_cron_job_v1" "j" {
  metadata { name = "nightly" }
  spec {
    schedule = "0 0 * * *"
    job_template {
      metadata {}
      spec {
        template {
          metadata {}
          spec {
            container {
              name = "job"
              env {
                name  = "A"
                value = "CANARYj"
              }
            }
          }
        }
      }
    }
  }
}
resource "kubernetes_manifest" "m" {
  manifest = {
    apiVersion = "apps/v1"
    kind       = "Deployment"
    metadata   = { name = "raw", namespace = "prod" }
    spec = { template = { spec = { enableServiceLinks = false, containers = [{
      name = "c"
      env  = [{ name = "A", value = "CANARYm" }, { name = "U", value = aws_x.y.arn }]
    }] } } }
  }
}
resource "kubectl_manifest" "y" {
  yaml_body = <<-EOT
    apiVersion: v1
    kind: Pod
    metadata: {name: pod, namespace: prod}
    spec:
      enableServiceLinks: false
      containers:
      - name: c
        env:
        - {name: A, value: "${var.key}"}
        - name: U
          value: ${aws_x.y.arn}
        - {name: L, value: CANARYl}
  EOT
}
resource "kubectl_manifest" "z" {
  yaml_body = yamlencode({
    apiVersion = "v1"
    kind       = "Pod"
    metadata   = { name = "encoded", namespace = "prod" }
    spec       = { enableServiceLinks = false, containers = [{ name = "c", env = [{ name = "A", value = var.key }, { name = "U", value = aws_x.y.arn }] }] }
  })
}
resource "aws_x" "y" {}
`

func TestObjects(t *testing.T) {
	d := deliveredBy(t, map[string]string{"main.tf": kubeConfiguration, "terraform.tfvars": "key = \"CANARYnew\"\n"})
	got := applying(t, d)
	// Services of the namespace add variables to a pod, save where that is turned off.
	compareConsumers(t, got, `
		kubernetes Deployment/api/init I=CANARYi
		kubernetes Deployment/api/init * ?remote-state
		kubernetes Deployment/api/api A=CANARYa
		kubernetes Deployment/api/api N=8080
		kubernetes Deployment/api/api K=CANARYnew
		kubernetes Deployment/api/api O absent
		kubernetes Deployment/api/api U ?remote-state
		kubernetes Deployment/api/api C_MODE=live
		kubernetes Deployment/api/api C_PORT=8080
		kubernetes Deployment/api/api * ?remote-state
		kubernetes CronJob/nightly/job A=CANARYj
		kubernetes CronJob/nightly/job * ?remote-state
		kubernetes Deployment/raw/c A=CANARYm
		kubernetes Deployment/raw/c U ?remote-state
		kubernetes Deployment/raw/c * ?remote-state
		kubernetes Pod/pod/c A=CANARYnew
		kubernetes Pod/pod/c U ?remote-state
		kubernetes Pod/pod/c L=CANARYl
		kubernetes Pod/pod/c * ?remote-state
		kubernetes Pod/encoded/c A=CANARYnew
		kubernetes Pod/encoded/c U ?remote-state
		kubernetes Pod/encoded/c * ?remote-state`)
	for _, c := range got {
		if c.Workload == "Deployment/api" && c.Container == "api" {
			v := c.Env.Get("K")
			var stops []string
			for _, h := range v.Trail.Hops() {
				stops = append(stops, fmt.Sprintf("%s:%d %s %s", h.At.File, h.At.Start.Line, h.Kind, h.What))
			}
			want := []string{
				"terraform.tfvars:1 tfvars key", "main.tf:2 terraform var.key", "main.tf:9 terraform kubernetes_secret.s",
			}
			if len(stops) < len(want) || !slices.Equal(stops[:2], want[:2]) {
				t.Errorf("the journey is\n%s", strings.Join(stops, "\n"))
			}
			if len(v.Losers) != 1 {
				t.Errorf("%d definitions lost, expected the default", len(v.Losers))
			}
		}
	}
}

func TestKeysOfObjects(t *testing.T) {
	d := deliveredBy(t, map[string]string{"main.tf": `
resource "kubernetes_secret_v1_data" "d" {
  metadata {
    name      = "shop"
    namespace = "prod"
  }
  data = { KEY = "CANARY" }
}
resource "kubernetes_config_map_v1_data" "e" {
  metadata { name = "settings" }
  data = aws_x.y.all
}
resource "aws_x" "y" {}
`})
	var got []string
	for _, s := range d.Stored {
		got = append(got, fmt.Sprintf("%s %s/%s/%s/%s %s", s.Address, s.Ref.Store, s.Ref.Name, s.Ref.Path, s.Ref.Property, s.Value.State))
	}
	want := []string{
		"kubernetes_config_map_v1_data.e kubernetes-configmap/default/settings/ unknown",
		"kubernetes_secret_v1_data.d kubernetes-secret/prod/shop/KEY known",
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestCharts(t *testing.T) {
	d := deliveredBy(t, map[string]string{"infra/unused.txt": "", "main.tf": `
variable "key" { default = "CANARYk" }
resource "helm_release" "r" {
  name             = "shop"
  chart            = "${path.module}/charts/shop"
  namespace        = "prod"
  version          = "1.2.3"
  values           = [yamlencode({ key = var.key, arn = aws_x.y.arn }), "a: 1\n"]
  set {
    name  = "image.tag"
    value = "v1"
  }
  set {
    name  = "port"
    value = 8080
    type  = "string"
  }
  set_list {
    name  = "hosts"
    value = ["a", "b"]
  }
  set_sensitive {
    name  = "payment.key"
    value = var.key
  }
}
resource "helm_release" "attributes" {
  name       = "other"
  repository = "https://charts.example.com"
  chart      = "thing"
  set        = [{ name = "a", value = "1" }]
}
resource "helm_release" "doubt" {
  name  = "third"
  chart = "./c"
  dynamic "set" {
    for_each = aws_x.y.all
    content {
      name  = set.key
      value = set.value
    }
  }
}
resource "aws_x" "y" {}
`})
	var l lister
	for _, text := range []string{"shop", "charts/shop", "prod", "default", "other", "thing", "third", "c", "v1", "8080", "{a,b}", "CANARYk", "a: 1\n", "1", "https://charts.example.com", `{"arn":`, `,"key":`, `"CANARYk"`, `}`} {
		l.number(text)
	}
	var got []string
	for _, c := range d.Charts {
		got = append(got, fmt.Sprintf("%s chart%s release%s namespace%s repo%s doubt %v", c.Address, l.value(c.Chart), l.value(c.Release), l.value(c.Namespace), l.value(c.Repo), c.Doubt != nil))
		for _, v := range c.Values {
			got = append(got, strings.TrimSuffix("  "+v.Flag+" "+v.Name, " ")+l.value(v.Text))
			for i, p := range v.Text.Parts {
				if v.Flag == "inline" && !p.Text.Equal(secret.New(`"`)) {
					got = append(got, fmt.Sprintf("    %d%s", i, l.value(p)))
				}
			}
		}
	}
	want := []string{
		"helm_release.attributes chart=text 5 release=text 4 namespace=text 3 repo=text 14 doubt false",
		"  set a=text 13",
		"helm_release.doubt chart=text 7 release=text 6 namespace=text 3 repo absent doubt true",
		"helm_release.r chart=text 1 release=text 0 namespace=text 2 repo absent doubt false",
		"  inline ?remote-state",
		"    0=text 15",
		"    2 ?remote-state",
		"    4=text 16",
		"    5=text 17",
		"    6=text 18",
		"  inline=text 12",
		"  set image.tag=text 8",
		"  set-string port=text 9",
		"  set-list hosts=text 10",
		"  set payment.key=text 11",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
