package dotenv

import (
	"io"
	"os"
	"testing"

	"github.com/sirupsen/logrus"
)

// compose-go warns of every variable that is not set.
func TestMain(m *testing.M) {
	logrus.SetOutput(io.Discard)
	os.Exit(m.Run())
}
