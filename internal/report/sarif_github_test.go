package report

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// gitHubRules are what code scanning asks for beyond the schema. The first part of a name is
// the page of docs.github.com: "support" is code-scanning/sarif-files/sarif-support-for-code-scanning,
// "limits" is troubleshooting-sarif-uploads/results-exceed-limit. "annex" is the standard itself.
func gitHubRules() map[string]func(sarifLog) []string {
	return map[string]func(sarifLog) []string{
		"limits: 20 runs per file": func(l sarifLog) []string {
			return complain(len(l.Runs) == 0 || len(l.Runs) > 20, "%d runs", len(l.Runs))
		},
		"limits: 25,000 results and rules per run": eachRun(func(r sarifRun) []string {
			return complain(len(r.Results) > 25_000 || len(r.Tool.Driver.Rules) > 25_000, "%d results", len(r.Results))
		}),
		"limits: 10 MB gzip": func(l sarifLog) []string {
			n := gzipped(l)
			return complain(n > 10<<20, "%d bytes", n)
		},
		"limits: 1,000 steps, 100 locations": eachResult(func(r sarifResult) []string {
			steps := 0
			for _, f := range r.CodeFlows {
				for _, th := range f.ThreadFlows {
					steps += len(th.Locations)
				}
			}
			return complain(steps > 1000 || len(r.RelatedLocations) > 100, "%d steps, %d related", steps, len(r.RelatedLocations))
		}),
		"limits: 10 tags per rule": eachRule(func(r sarifRule) []string {
			return complain(len(r.Properties.Tags) == 0 || len(r.Properties.Tags) > 10, "%s: %d tags", r.ID, len(r.Properties.Tags))
		}),
		"support: a category for each run": func(l sarifLog) []string {
			var out []string
			seen := map[string]bool{}
			for _, r := range l.Runs {
				i := strings.LastIndexByte(r.AutomationDetails.ID, '/')
				if i <= 0 || seen[r.AutomationDetails.ID[:i]] {
					out = append(out, fmt.Sprintf("id %q", r.AutomationDetails.ID))
					continue
				}
				seen[r.AutomationDetails.ID[:i]] = true
			}
			return out
		},
		"support: texts of rules": eachRule(func(r sarifRule) []string {
			texts := []string{r.ID, r.ShortDescription.Text, r.FullDescription.Text, r.Help.Text}
			long := slices.ContainsFunc(texts[:3], func(s string) bool { return len([]rune(s)) > 1024 })
			return complain(slices.Contains(texts, "") || long || len(r.Name) > 255, "%s: a text is empty or too long", r.ID)
		}),
		"support: level, precision, score": eachRule(func(r sarifRule) []string {
			var score float64
			_, err := fmt.Sscan(r.Properties.SecuritySeverity, &score)
			known := slices.Contains([]string{"note", "warning", "error"}, r.DefaultConfiguration.Level) &&
				slices.Contains([]string{"very-high", "high", "medium", "low"}, r.Properties.Precision)
			return complain(err != nil || score <= 0 || score > 10 || !known, "%s: %+v", r.ID, r.Properties)
		}),
		"support: semantic version": eachRun(func(r sarifRun) []string {
			v := r.Tool.Driver.SemanticVersion
			return complain(v != "" && strings.Count(v, ".") < 2, "version %q", v)
		}),
		"support: ruleIndex": eachRun(func(r sarifRun) []string {
			var out []string
			for _, result := range r.Results {
				if result.RuleIndex >= len(r.Tool.Driver.Rules) || r.Tool.Driver.Rules[result.RuleIndex].ID != result.RuleID {
					out = append(out, result.RuleID)
				}
			}
			return out
		}),
		"support: message": eachResult(func(r sarifResult) []string {
			n := len([]rune(r.Message.Text))
			return complain(n == 0 || n > 1026, "%d characters", n)
		}),
		"support: one location with a file of the repository and a full region": eachResult(func(r sarifResult) []string {
			if len(r.Locations) != 1 {
				return []string{fmt.Sprintf("%d locations", len(r.Locations))}
			}
			return badPlace(*r.Locations[0].PhysicalLocation, true)
		}),
		"support: every location is physical": eachResult(func(r sarifResult) []string {
			all := slices.Clone(r.RelatedLocations)
			for _, f := range r.CodeFlows {
				for _, th := range f.ThreadFlows {
					for _, s := range th.Locations {
						all = append(all, s.Location)
					}
				}
			}
			var out []string
			for _, l := range all {
				if l.PhysicalLocation == nil || l.Message == nil {
					out = append(out, "no place or no text")
					continue
				}
				out = append(out, badPlace(*l.PhysicalLocation, false)...)
			}
			return out
		}),
		"support: fingerprints tell results apart": eachRun(func(r sarifRun) []string {
			var out []string
			seen := map[string]bool{}
			for _, result := range r.Results {
				print := result.PartialFingerprints.PrimaryLocationLineHash
				if print == "" || seen[print] {
					out = append(out, result.Message.Text)
				}
				seen[print] = true
			}
			return out
		}),
		"annex 3.11.6: no links of strangers in messages": eachResult(func(r sarifResult) []string {
			return complain(strings.Contains(r.Message.Text, "]("), "%q", r.Message.Text)
		}),
	}
}

func complain(wrong bool, format string, args ...any) []string {
	if !wrong {
		return nil
	}
	return []string{fmt.Sprintf(format, args...)}
}

func badPlace(p sarifPhysical, inRepository bool) []string {
	u, err := url.Parse(p.ArtifactLocation.URI)
	r := p.Region
	return complain(err != nil || p.ArtifactLocation.URI == "" || inRepository && (u.IsAbs() || p.ArtifactLocation.URIBaseID != "%SRCROOT%" || strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "..")) ||
		r.StartLine < 1 || r.StartColumn < 1 || r.EndLine < r.StartLine || r.EndColumn <= r.StartColumn, "%+v", p)
}

func eachRun(f func(sarifRun) []string) func(sarifLog) []string {
	return func(l sarifLog) (out []string) {
		for _, r := range l.Runs {
			out = append(out, f(r)...)
		}
		return out
	}
}

func eachResult(f func(sarifResult) []string) func(sarifLog) []string {
	return eachRun(func(r sarifRun) (out []string) {
		for _, result := range r.Results {
			out = append(out, f(result)...)
		}
		return out
	})
}

func eachRule(f func(sarifRule) []string) func(sarifLog) []string {
	return eachRun(func(r sarifRun) (out []string) {
		for _, rule := range r.Tool.Driver.Rules {
			out = append(out, f(rule)...)
		}
		return out
	})
}

func gzipped(v any) int {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if encode(w, v) != nil || w.Close() != nil {
		return -1
	}
	return b.Len()
}
