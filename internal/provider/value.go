package provider

// Path, Template, Body and Statuses are the small languages inside a provider's file.

// Path is a JSON path: $.a.b, $.list[0].c, $.list[*].c, $['odd name'].
type Path string

// Template is text with ${NAME} (another variable) and $part (another piece of the
// credential) in it; $$ is a dollar sign.
type Template string

// Body is a JSON document whose texts are Templates.
type Body struct{ Value any }

// Statuses is a set of HTTP statuses.
type Statuses []StatusRange

// StatusRange is First to Last, both included.
type StatusRange struct{ First, Last int }
