package api

// PageQuery is how every list is paged.
type PageQuery struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many at most" example:"20"`
	Cursor string `query:"cursor" maxLength:"2000" doc:"next_cursor of the page before" example:"MDE5YTQyY2Y"`
}

// page is a page of a list.
type page[T any] struct {
	Items      []T     `json:"items" nullable:"false"`
	NextCursor *string `json:"next_cursor"`
}

func newPage[S, T any](items []S, convert func(S) T, next string) page[T] {
	p := page[T]{Items: make([]T, len(items))}
	for i, item := range items {
		p.Items[i] = convert(item)
	}
	if next != "" {
		p.NextCursor = &next
	}
	return p
}
