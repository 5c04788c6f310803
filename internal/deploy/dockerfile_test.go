package deploy_test

import "testing"

// TestDockerfile: what a Dockerfile sets in the image that it builds, where that may be a key.
func TestDockerfile(t *testing.T) {
	build := func(name, text, flags, want string) row {
		r := row{name: name, script: "docker build -t shop " + flags + " .", files: map[string]string{"Dockerfile": text}}
		if want != "" {
			r.want = []string{"image shop: " + want + " *=absent"}
		}
		return r
	}
	runRows(t, []row{
		build("plain", "FROM node\nENV MODE=live PAY_KEY=k-CANARY-1\nENV API_TOKEN k-CANARY-2\n", "", `API_TOKEN="k-CANARY-2" PAY_KEY="k-CANARY-1"`),
		build("nothing that may be a key", "FROM node\nENV MODE=live\n", "", ""),
		build("quotes", "FROM node\nENV A_KEY=\"k-CANARY-1\" B_KEY='k-CANARY-2' C_KEY=\"two words\" D_KEY=x\n", "", `A_KEY="k-CANARY-1" B_KEY="k-CANARY-2" C_KEY=?unsupported D_KEY="x"`),
		build("put together", "FROM node\nENV A_KEY=${X}y B_KEY=a\\ b C_KEY=\n", "", `A_KEY=?unsupported B_KEY=?unsupported C_KEY=?unsupported`),
		build("the last stage alone", "FROM node AS build\nENV A_KEY=k-CANARY-1\nFROM node\nENV B_KEY=k-CANARY-2\n", "", `B_KEY="k-CANARY-2"`),
		build("a stage from another", "FROM node AS build\nENV A_KEY=k-CANARY-1\nENV B_KEY=k-CANARY-1\nFROM build\nENV B_KEY=k-CANARY-2\n", "", `A_KEY="k-CANARY-1" B_KEY="k-CANARY-2"`),
		build("a stage by its name", "FROM node AS build\nENV A_KEY=k-CANARY-1\nFROM node\nENV B_KEY=k-CANARY-2\n", "--target build", `A_KEY="k-CANARY-1"`),
		build("an argument", "FROM node\nARG K\nENV PAY_KEY=$K\n", "--build-arg K=k-CANARY-1", `K="k-CANARY-1" PAY_KEY="k-CANARY-1"`),
		build("an argument of another stage", "ARG K\nFROM node\nENV PAY_KEY=$K\n", "--build-arg K=k-CANARY-1", `K="k-CANARY-1" PAY_KEY=?unsupported`),
		build("lines that go on", "FROM node\nENV A_KEY=k-CANARY-1 \\\n  # why\n\n  B_KEY=k-CANARY-2\n", "", `A_KEY="k-CANARY-1" B_KEY="k-CANARY-2"`),
		build("text of a script", "FROM node\nRUN <<EOF\nENV A_KEY=k-CANARY-1\nEOF\nENV B_KEY=k-CANARY-2\n", "", `B_KEY="k-CANARY-2"`),
		build("another escape", "# escape=`\nFROM node\nENV A_KEY=k-CANARY-1\n", "", ""),
		{name: "another file", script: "docker build -t shop -f ops/Dockerfile.live ops", files: map[string]string{"ops/Dockerfile.live": "FROM node\nENV A_KEY=k-CANARY-1"}, want: []string{`image shop: A_KEY="k-CANARY-1" *=absent`}},
		{name: "no file", script: "docker build -t shop https://example.com/shop.git", want: nil},
	})
}
