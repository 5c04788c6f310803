package report

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// picture is a screenshot at half its size. Averaging four points into one evens out how
// exactly a machine draws the edges of letters.
func picture(t *testing.T, shot []byte) *image.RGBA {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		t.Fatal(err)
	}
	return halved(m)
}

func halved(m image.Image) *image.RGBA {
	whole := image.NewRGBA(image.Rectangle{Max: m.Bounds().Size()})
	draw.Draw(whole, whole.Bounds(), m, m.Bounds().Min, draw.Src)
	size := whole.Bounds().Size()
	out := image.NewRGBA(image.Rect(0, 0, size.X/2, size.Y/2))
	for y := range size.Y / 2 {
		above, below, to := whole.Pix[2*y*whole.Stride:], whole.Pix[(2*y+1)*whole.Stride:], out.Pix[y*out.Stride:]
		for i := range size.X / 2 * 4 {
			at := i/4*8 + i%4
			to[i] = uint8((int(above[at]) + int(above[at+4]) + int(below[at]) + int(below[at+4])) / 4)
		}
	}
	return out
}

// What two pictures of the same page may differ in, from one machine to the next.
const (
	maxTaller = 8     // points of the picture
	maxTint   = 40    // by which a spot may differ in colour; grey letters hardly do
	maxShade  = 56    // by which a spot may differ in brightness
	maxSpots  = 2     // spots of another colour: one light has more
	maxShaded = 0.002 // of all spots may be of another brightness
)

// pictureDifference says in what a picture differs from the golden one; empty when it does not.
func pictureDifference(golden, got *image.RGBA) string {
	a, b := golden.Bounds().Size(), got.Bounds().Size()
	if a.X != b.X || max(a.Y, b.Y)-min(a.Y, b.Y) > maxTaller {
		return fmt.Sprintf("the picture is %d × %d, the golden one %d × %d", b.X, b.Y, a.X, a.Y)
	}
	x, y := halved(golden), halved(got)
	tinted, shaded, spots := 0, 0, 0
	where := image.Point{}
	for row := range min(a.Y, b.Y) / 2 {
		for column := range a.X / 2 {
			p, q := x.RGBAAt(column, row), y.RGBAAt(column, row)
			spots++
			switch {
			case apart(tint(p), tint(q)) > maxTint:
				tinted++
				where = image.Pt(4*column, 4*row)
			case apart(shade(p), shade(q)) > maxShade:
				shaded++
				where = image.Pt(4*column, 4*row)
			}
		}
	}
	if tinted > maxSpots || float64(shaded) > maxShaded*float64(spots) {
		return fmt.Sprintf("%d spots of another colour, %d of another brightness (of %d), the last near %v", tinted, shaded, spots, where)
	}
	return ""
}

func tint(c color.RGBA) [2]int {
	return [2]int{int(c.R) - int(c.G), int(c.B) - int(c.G)}
}

func shade(c color.RGBA) [2]int {
	return [2]int{(int(c.R) + int(c.G) + int(c.B)) / 3, 0}
}

func apart(a, b [2]int) int {
	return max(a[0]-b[0], b[0]-a[0], a[1]-b[1], b[1]-a[1])
}

// goldenPicture compares with the golden picture, or writes it.
func goldenPicture(t *testing.T, name string, got *image.RGBA) {
	t.Helper()
	path := filepath.Join("testdata", "html", name+".png")
	if *update {
		writePicture(t, path, plain(got))
	}
	if why := pictureDifference(readPicture(t, path), got); why != "" {
		instead := filepath.Join(os.TempDir(), "keyfit-"+name+".png")
		writePicture(t, instead, got)
		t.Errorf("%s: %s; it looks like %s, and -update makes that the golden one", name, why, instead)
	}
}

// plain has fewer colours, which no comparison sees, and makes a small file.
func plain(m *image.RGBA) *image.RGBA {
	out := image.NewRGBA(m.Bounds())
	for i, v := range m.Pix {
		out.Pix[i] = v&^3 + 2
		if v >= 252 {
			out.Pix[i] = 255
		}
	}
	return out
}

func readPicture(t *testing.T, path string) *image.RGBA {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewRGBA(m.Bounds())
	draw.Draw(out, out.Bounds(), m, m.Bounds().Min, draw.Src)
	return out
}

func writePicture(t *testing.T, path string, m image.Image) {
	t.Helper()
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestCompression}
	if err := e.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
