// A team's subscriber: `go run .`. Put your ticket system in openTicket, closeTicket and people. TEAM and STORE (a folder)
// come from the environment, and so does the connection, in the variables that Winnow itself reads; TLS authorities: SSL_CERT_FILE.
package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

const kinds = " reply review page idea digest escalate " // another kind, of a later Winnow, is passed over

type action struct {
	ID                                 string `json:"action_id"`
	Kind, Summary, Revokes, Supersedes string
	NotAfter                           time.Time `json:"not_after"`
}

// openTicket and closeTicket must both be harmless to repeat, e.g. an insert with the id as its key: a crash may come right after them.
func openTicket(a action)        { fmt.Println("open", a.ID, a.Kind, a.Summary) }
func closeTicket(id, why string) { fmt.Println("close", id, why) }

// must ends the process when something fails: your supervisor starts it anew.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// store is a folder with a file for each action that says what became of it. Two processes of a team need a table instead.
type store string

func (s store) state(id string) string {
	found, _ := os.ReadFile(filepath.Join(string(s), id)) // none: never seen
	return string(found)
}

func (s store) remember(id, state string) {
	file := must(os.OpenFile(filepath.Join(string(s), id), os.O_CREATE|os.O_WRONLY|os.O_TRUNC|os.O_SYNC, 0o600))
	must(file.WriteString(state))
	must(0, file.Close())
}

// handle takes one action, any number of times, with the same result. True: it is open here, which is to be answered.
func (s store) handle(a action) bool {
	for gone, why := range map[string]string{a.Revokes: "revoked", a.Supersedes: "superseded"} {
		if gone != "" && s.state(gone) == "open" {
			closeTicket(gone, why)
		}
		if gone != "" { // also when it was never seen here: it must not be opened later
			s.remember(gone, why)
		}
	}
	if strings.Contains(kinds, " "+a.Kind+" ") && s.state(a.ID) == "" && time.Now().Before(a.NotAfter) {
		openTicket(a)
		s.remember(a.ID, "open")
	}
	return s.state(a.ID) == "open"
}

func main() {
	variable := func(name, otherwise string) string { return cmp.Or(os.Getenv(name), otherwise) }
	ctx, team, prefix := context.Background(), variable("TEAM", "support"), variable("WINNOW_PREFIX", "winnow")
	tickets := store(variable("STORE", "tickets"))
	must(0, os.MkdirAll(string(tickets), 0o700))
	brokers := strings.Split(variable("WINNOW_BROKER", "127.0.0.1:9092"), ",")
	options := []kgo.Opt{kgo.SeedBrokers(brokers...), kgo.ConsumerGroup(prefix + "-team-" + team), kgo.DisableAutoCommit()}
	options = append(options, kgo.ConsumeTopics(prefix+".actions."+team+".v1"), kgo.SessionTimeout(10*time.Second))
	if strings.HasSuffix(os.Getenv("WINNOW_SECURITY_PROTOCOL"), "SSL") {
		options = append(options, kgo.DialTLS())
	}
	if user := os.Getenv("WINNOW_SASL_USERNAME"); user != "" {
		options = append(options, kgo.SASL(scram.Auth{User: user, Pass: os.Getenv("WINNOW_SASL_PASSWORD")}.AsSha512Mechanism()))
	}
	client := must(kgo.NewClient(options...)) // its partitioner is murmur2, as the contract says; its writes are idempotent
	answer := func(id, status string) {
		value := must(json.Marshal(map[string]any{"action_id": id, "team": team, "status": status, "at": time.Now().UTC(), "by": "desk"}))
		must(client.ProduceSync(ctx, &kgo.Record{Topic: prefix + ".outcomes.v1", Key: []byte(team), Value: value}).First())
	}
	go func() { // people, later, here as lines `ACTION_ID STATUS` (acknowledged, done ...); your ticket system's webhook instead
		for people := bufio.NewScanner(os.Stdin); people.Scan(); {
			if id, status, _ := strings.Cut(people.Text(), " "); tickets.state(id) == "open" {
				answer(id, status)
			}
		}
	}()
	for { // handle, answer, commit, in this order, without end
		fetches := client.PollFetches(ctx)
		must(0, fetches.Err())
		fetches.EachRecord(func(record *kgo.Record) {
			var asked action
			must(0, json.Unmarshal(record.Value, &asked))
			if tickets.handle(asked) {
				answer(asked.ID, "received")
			}
			must(0, client.CommitRecords(ctx, record))
		})
	}
}
