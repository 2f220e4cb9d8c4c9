package main

import (
	"fmt"
	"path/filepath"
)

// announce tells where everything is, to programs and to people.
func (s *devStack) announce() error {
	if err := writeJSON(filepath.Join(s.options.Data, "stack.json"), s.info); err != nil {
		return err
	}
	dice := s.demo.Products[1]
	_, err := fmt.Fprintf(s.out, `
  front door     %s      (docs: %s/docs)
  Temporal UI    %s
  payments       %s      (log: %s/_log)
  Temporal       %s
  Kafka          %s
  mail           %s      (in mail/ of the state)
  state          %s   (stack.json, skald.log)

  api keys       operator %s
                 alice    %s
                 bob      %s

Place an order:

  curl -s %s/v1/orders \
    -H 'Authorization: Bearer %s' \
    -H 'Content-Type: application/json' \
    -H 'Idempotency-Key: my-first-order' \
    -d '{"user_id":"%s","payment_method":"pm_card_visa",
         "items":[{"product_id":"%s","quantity":2}]}'

ready
`, s.info.FrontDoor, s.info.FrontDoor, s.info.TemporalUI, s.info.PSP, s.info.PSP, s.info.Temporal, s.info.Kafka, s.info.SMTP, s.options.Data,
		s.demo.APIKeys["operator"], s.demo.APIKeys["alice"], s.demo.APIKeys["bob"],
		s.info.FrontDoor, s.demo.APIKeys["alice"], s.demo.Users["alice"], dice.ID)
	return err
}
