package shell
import ("testing";"os";"strings")
func TestZZ(t *testing.T){
 data,_:=os.ReadFile("../../../testdata/shell/deploys/"+os.Getenv("ZZF")+".txt")
 for _,c:=range parseCases(t,string(data)){ if strings.HasPrefix(c.name,os.Getenv("ZZ")){ b:=newBench(t,c); got:=b.ours(t,c); t.Log(c.line); for _,p:=range got.Problems{t.Log(p.At.String(),p.Message)}; for _,k:=range got.Commands{t.Log(describe(k))}; t.Log(unknownNames(got)) } }
}
