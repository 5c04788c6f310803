package dotenv
import ("testing";"fmt";"time")
func TestDbg(t *testing.T){
 s:=generated(2000,1)
 at:=time.Now(); lap:=func(n string){fmt.Println(n,time.Since(at)); at=time.Now()}
 askGo(s); lap("go"); askPython(t,s); lap("py"); askNode(t,s,"node20"); lap("n20"); askNPM(t,s); lap("npm"); askBash(t,s,func(i int)bool{_, u := parsed(s[i], Bash)
		return u}); lap("bash")
 for _,d:=range Dialects() { for _,x:=range s {parsed(x,d)}; lap(string(d))}
 for _,d:=range Dialects() { for _,x:=range s {loaded(t,x,d,nil)}; lap("load "+string(d))}
}
