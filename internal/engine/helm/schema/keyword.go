package schema

// shape is what the value of a keyword has to look like.
type shape uint8

const (
	anything shape = iota
	textual
	reference  // of a URI
	identifier // a reference without a fragment
	anchorName
	flag
	numeric
	positive
	counting
	listing // any array
	choices // an array of different values, at least one
	names   // an array of different strings
	someNames
	types
	expression // a pattern
	schemaOnly
	schemaOrFlag
	schemas
	schemaOrSchemas
	schemaMap
	patternMap
	dependencyMap // of schemas and names
	namesMap
	unusual // what only metaschemas have
)

// shapeOf is the shape that the metaschema of a draft asks for.
func shapeOf(keyword string, draft int) shape {
	if out := shapeOfMeta(keyword, draft); out != anything {
		return out
	}
	if out := shapeOfSchemas(keyword, draft); out != anything {
		return out
	}
	return shapeOfRule(keyword, draft)
}

// since is a shape that the keyword has from a draft on.
func since(first, draft int, out shape) shape {
	if draft < first {
		return anything
	}
	return out
}

// at4 is a shape that is another one in draft 4.
func at4(draft int, of4, out shape) shape {
	if draft == 4 {
		return of4
	}
	return out
}

func shapeOfMeta(keyword string, draft int) shape {
	switch keyword {
	case "title", "description", "format", "$schema":
		return textual
	case "$comment", "contentMediaType", "contentEncoding":
		return since(7, draft, textual)
	case "id":
		return at4(draft, textual, anything)
	case "$id":
		if draft >= 2019 {
			return identifier
		}
		return since(6, draft, reference)
	case "$ref":
		return at4(draft, textual, reference)
	case "$recursiveRef":
		return since(2019, draft, reference)
	case "$dynamicRef":
		return since(2020, draft, reference)
	case "$anchor":
		return since(2019, draft, anchorName)
	case "$dynamicAnchor":
		return since(2020, draft, anchorName)
	case "$recursiveAnchor":
		if draft == 2020 {
			return anchorName
		}
		return since(2019, draft, flag)
	case "$vocabulary":
		return since(2019, draft, unusual)
	case "readOnly", "writeOnly":
		return since(7, draft, flag)
	case "deprecated":
		return since(2019, draft, flag)
	case "examples":
		return since(7, draft, listing)
	}
	return anything
}

func shapeOfSchemas(keyword string, draft int) shape {
	switch keyword {
	case "not":
		return schemaOnly
	case "allOf", "anyOf", "oneOf":
		return schemas
	case "definitions", "properties":
		return schemaMap
	case "patternProperties":
		if draft < 7 {
			return schemaMap
		}
		return patternMap
	case "additionalProperties":
		return at4(draft, schemaOrFlag, schemaOnly)
	case "additionalItems":
		if draft == 2020 {
			return unusual
		}
		return at4(draft, schemaOrFlag, schemaOnly)
	case "items":
		if draft == 2020 {
			return schemaOnly
		}
		return schemaOrSchemas
	case "dependencies":
		return dependencyMap
	case "contains", "propertyNames":
		return since(6, draft, schemaOnly)
	case "if", "then", "else":
		return since(7, draft, schemaOnly)
	case "$defs", "dependentSchemas":
		return since(2019, draft, schemaMap)
	case "unevaluatedItems", "unevaluatedProperties", "contentSchema":
		return since(2019, draft, schemaOnly)
	case "prefixItems":
		return since(2020, draft, schemas)
	}
	return anything
}

func shapeOfRule(keyword string, draft int) shape {
	switch keyword {
	case "type":
		return types
	case "enum":
		if draft >= 2019 {
			return listing
		}
		return choices
	case "multipleOf":
		return positive
	case "maximum", "minimum":
		return numeric
	case "exclusiveMaximum", "exclusiveMinimum":
		return at4(draft, flag, numeric)
	case "maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties":
		return counting
	case "maxContains", "minContains":
		return since(2019, draft, counting)
	case "pattern":
		return expression
	case "uniqueItems":
		return flag
	case "required":
		return at4(draft, someNames, names)
	case "dependentRequired":
		return since(2019, draft, namesMap)
	}
	return anything
}
