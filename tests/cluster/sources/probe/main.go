// probe is what the cluster's own tests run in pods: a server, a client and a way to write a file.
//
//	probe serve           answers every request on :8080 with the pod's host name
//	probe get URL...      prints the body of each answer, over connections of its own
//	probe write FILE TEXT writes a file that was not there
//	probe read FILE       prints a file
package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}

func run(words []string) error {
	switch {
	case len(words) == 1 && words[0] == "serve":
		return serve()
	case len(words) > 1 && words[0] == "get":
		return get(words[1:])
	case len(words) == 3 && words[0] == "write":
		return write(words[1], words[2])
	case len(words) == 2 && words[0] == "read":
		return read(words[1])
	default:
		return fmt.Errorf("cannot understand %q", words)
	}
}

func serve() error {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	failed := make(chan error, 1)
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	answer := func(writer http.ResponseWriter, _ *http.Request) { fmt.Fprintln(writer, name) }
	go func() { failed <- http.ListenAndServe(":8080", http.HandlerFunc(answer)) }()
	fmt.Println("serving as", name)
	select {
	case err := <-failed:
		return err
	case <-stop:
		return nil
	}
}

func get(urls []string) error {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for _, url := range urls {
		if err := show(&client, url); err != nil {
			return err
		}
	}
	return nil
}

func show(client *http.Client, url string) error {
	answer, err := client.Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(os.Stdout, answer.Body)
	return err
}

func write(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

func read(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(text)
	return err
}
