package dotenv

import (
	"fmt"
	"strings"
	"testing"

	"github.com/joho/godotenv"
)

// thousand is a file of 1,000 lines as people write them.
func thousand() []byte {
	var out strings.Builder
	for i := range 1000 {
		switch i % 5 {
		case 0:
			fmt.Fprintf(&out, "# part %d\n", i)
		case 1:
			fmt.Fprintf(&out, "PLAIN_%d=some-value-%d\n", i, i)
		case 2:
			fmt.Fprintf(&out, "export QUOTED_%d=\"a value with spaces %d\\n\"\n", i, i)
		case 3:
			fmt.Fprintf(&out, "SINGLE_%d='sk_test_CANARY%d' # comment\n", i, i)
		case 4:
			fmt.Fprintf(&out, "URL_%d=https://${PLAIN_%d}.example.com/\n", i, i-3)
		}
	}
	return []byte(out.String())
}

func BenchmarkParse(b *testing.B) {
	data := thousand()
	for _, d := range Dialects() {
		b.Run(string(d), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				Parse("x.env", data, d, nil)
			}
		})
	}
}

// BenchmarkGodotenv is the reference, which has neither places nor trails.
func BenchmarkGodotenv(b *testing.B) {
	data := thousand()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := godotenv.UnmarshalBytes(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoadUndecided(b *testing.B) {
	files := memory{".env": thousand()}
	b.SetBytes(int64(len(files[".env"])))
	for b.Loop() {
		Load(Step{Files: files, Names: list(".env")})
	}
}
