// Package letters writes notifications as people read them: in their language, as
// text and as HTML. What is said stands once, in templates/<language>.tmpl; the two
// layouts only set it.
package letters

import (
	"embed"
	"fmt"
	html "html/template"
	"strings"
	text "text/template"

	"golang.org/x/text/language"

	"github.com/skaldhq/skald/services/notification"
)

//go:embed templates
var files embed.FS

// Letters writes letters. It is safe for concurrent use.
type Letters struct {
	languages []language.Tag
	matcher   language.Matcher
	said      []*text.Template // in the order of the languages
	plain     *text.Template
	page      *html.Template
}

// New reads the templates. It fails where one of them is no template, or says
// nothing of a type.
func New() (*Letters, error) {
	l := &Letters{languages: []language.Tag{language.English, language.Korean}} // the first for whoever reads none of them
	l.matcher = language.NewMatcher(l.languages)
	for _, tag := range l.languages {
		said, err := text.ParseFS(files, "templates/"+tag.String()+".tmpl")
		if err != nil {
			return nil, fmt.Errorf("read letters: %w", err)
		}
		for _, t := range notification.Types() {
			if said.Lookup(string(t)+" subject") == nil || said.Lookup(string(t)+" body") == nil {
				return nil, fmt.Errorf("read letters: nothing is said of %s in %s", t, tag)
			}
		}
		l.said = append(l.said, said)
	}
	var err error
	if l.plain, err = text.ParseFS(files, "templates/layout.txt"); err != nil {
		return nil, fmt.Errorf("read letters: %w", err)
	}
	if l.page, err = html.ParseFS(files, "templates/layout.html"); err != nil {
		return nil, fmt.Errorf("read letters: %w", err)
	}
	return l, nil
}

// facts are what is said of a notification.
type facts struct {
	Name, Order, Payment, Amount, Cause string
}

// set is what the layouts set.
type set struct {
	Locale, Subject, Action, URL, Footer string
	Paragraphs                           []string
}

// Write writes a notification to its recipient. url is where they have to act;
// empty: nowhere.
func (l *Letters) Write(due notification.Due, to notification.Recipient, url string) (notification.Letter, error) {
	_, i, _ := l.matcher.Match(language.Make(to.Locale)) // what is no tag matches the first
	in := l.languages[i]
	f := facts{Name: to.Name, Order: due.OrderID, Payment: due.PaymentID, Amount: amount(in, due.Amount), Cause: due.Cause}
	w := writing{from: l.said[i], about: f}
	kind := string(due.Type)
	s := set{Locale: in.String(), Subject: w.say(kind + " subject"), Footer: w.say("footer"), URL: url}
	s.Paragraphs = append([]string{w.say("greeting")}, strings.Split(w.say(kind+" body"), "\n\n")...)
	if url != "" {
		s.Action = w.say(kind + " action")
	}
	var plain, page strings.Builder
	if w.err == nil {
		w.err = l.plain.Execute(&plain, s)
	}
	if w.err == nil {
		w.err = l.page.Execute(&page, s)
	}
	if w.err != nil {
		return notification.Letter{}, fmt.Errorf("write letter: %w", w.err)
	}
	return notification.Letter{Locale: s.Locale, Subject: s.Subject, Text: plain.String(), HTML: page.String()}, nil
}

// writing says one thing after the other, until one cannot be said.
type writing struct {
	from  *text.Template
	about facts
	err   error
}

func (w *writing) say(what string) string {
	var b strings.Builder
	if w.err == nil {
		w.err = w.from.ExecuteTemplate(&b, what, w.about)
	}
	return strings.TrimSpace(b.String())
}
