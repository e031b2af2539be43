// A client on the official Go SDK. Its arguments: the gateway's URL, a key and a name. It prints what it was answered, one
// JSON object a line, and waits for a line on standard input where others must act first.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

var lines = bufio.NewScanner(os.Stdin)

func say(step string, what map[string]any) {
	if what == nil {
		what = map[string]any{}
	}
	what["step"] = step
	line, err := json.Marshal(what)
	if err != nil {
		log.Fatal(err)
	}
	os.Stdout.Write(append(line, '\n'))
}

// withKey adds the key to every request.
type withKey struct{ key string }

func (k withKey) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("Authorization", "Bearer "+k.key)
	return http.DefaultTransport.RoundTrip(request)
}

// progress gets what the server says of its work. The SDK handles notifications beside the calls: what was sent before
// a call's result may be heard after it.
var progress = make(chan []any, 16)

func onProgress(_ context.Context, request *mcp.ProgressNotificationClientRequest) {
	progress <- []any{request.Params.Progress, request.Params.Total, request.Params.Message}
}

func hear(count int) [][]any {
	heard := [][]any{}
	late := time.After(10 * time.Second)
	for len(heard) < count {
		select {
		case one := <-progress:
			heard = append(heard, one)
		case <-late:
			return heard
		}
	}
	return heard
}

func connect(ctx context.Context, key string) (*mcp.ClientSession, error) {
	client := mcp.NewClient(&mcp.Implementation{Name: "go", Version: "1.0.0"},
		&mcp.ClientOptions{ProgressNotificationHandler: onProgress})
	return client.Connect(ctx, &mcp.StreamableClientTransport{
		Endpoint:   os.Args[1],
		HTTPClient: &http.Client{Transport: withKey{key}},
	}, nil)
}

// call says what a call came to: a text, a text that says what went wrong, or an error.
func call(ctx context.Context, session *mcp.ClientSession, params *mcp.CallToolParams) map[string]any {
	result, err := session.CallTool(ctx, params)
	if err != nil {
		outcome := map[string]any{"error": err.Error()}
		var wire *jsonrpc.Error
		if errors.As(err, &wire) {
			outcome["code"] = wire.Code
			outcome["error"] = wire.Message
		}
		return outcome
	}
	var texts []string
	for _, part := range result.Content {
		texts = append(texts, part.(*mcp.TextContent).Text)
	}
	return map[string]any{"isError": result.IsError, "text": strings.Join(texts, "\n")}
}

func main() {
	ctx := context.Background()
	key, name := os.Args[2], os.Args[3]
	if _, err := connect(ctx, "nonsense"); err != nil {
		say("stranger", map[string]any{"error": err.Error()})
	}
	session, err := connect(ctx, key)
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()
	simple := func(name string, arguments map[string]any) map[string]any {
		return call(ctx, session, &mcp.CallToolParams{Name: name, Arguments: arguments})
	}
	say("connect", map[string]any{"protocol": session.InitializeResult().ProtocolVersion})

	tools, err := session.ListTools(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	var names []string
	for _, tool := range tools.Tools {
		names = append(names, tool.Name)
	}
	say("list", map[string]any{"tools": names})

	say("call", simple("talk__echo", map[string]any{"text": "grüße 🌊"}))
	say("unknown", simple("talk__nothing", map[string]any{}))
	say("invalid", simple("talk__work", map[string]any{"steps": "three"}))
	say("bought", simple("shop__buy", map[string]any{}))
	say("budget", simple("shop__buy", map[string]any{}))

	work := &mcp.CallToolParams{Name: "talk__work", Arguments: map[string]any{"steps": 3}}
	work.SetProgressToken("work")
	worked := call(ctx, session, work)
	worked["heard"] = hear(3)
	say("progress", worked)

	cancellable, cancel := context.WithCancel(ctx)
	go func() {
		lines.Scan()
		cancel()
	}()
	say("waiting", nil)
	say("cancel", call(cancellable, session, &mcp.CallToolParams{Name: "talk__wait", Arguments: map[string]any{"who": name}}))

	say("restart", nil)
	lines.Scan()
	say("same", simple("talk__echo", map[string]any{"text": "again"}))
	fresh, err := connect(ctx, key)
	if err != nil {
		log.Fatal(err)
	}
	defer fresh.Close()
	say("fresh", call(ctx, fresh, &mcp.CallToolParams{Name: "talk__echo", Arguments: map[string]any{"text": "again"}}))
}
