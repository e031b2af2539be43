//! A client on rmcp. Its arguments: the gateway's URL, a key and a name. It prints what it was answered, one JSON object
//! a line, and waits for a line on standard input where others must act first.

use std::sync::{Arc, Mutex};

use rmcp::{
    ClientHandler, ClientLifecycleMode, ClientServiceExt, RoleClient, ServiceError,
    model::{
        CallToolRequest, CallToolRequestParams, CallToolResult, ClientRequest,
        ProgressNotificationParam, ProtocolVersion, ServerResult,
    },
    service::{NotificationContext, PeerRequestOptions, RunningService},
    transport::{
        StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};

type Failure = Box<dyn std::error::Error>;
type Client = RunningService<RoleClient, Listener>;

/// Collects what the server says of its work.
#[derive(Clone, Default)]
struct Listener {
    heard: Arc<Mutex<Vec<Value>>>,
}

impl ClientHandler for Listener {
    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        self.heard
            .lock()
            .unwrap()
            .push(json!([params.progress, params.total, params.message]));
    }
}

fn say(step: &str, mut what: Value) {
    what["step"] = step.into();
    println!("{what}");
}

async fn connect(url: &str, key: &str, listener: &Listener) -> Result<Client, Failure> {
    let config = StreamableHttpClientTransportConfig::with_uri(url).auth_header(key);
    let lifecycle = ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: None,
    };
    let transport = StreamableHttpClientTransport::from_config(config);
    Ok(listener
        .clone()
        .serve_with_lifecycle(transport, lifecycle)
        .await?)
}

fn params(name: &'static str, arguments: Value) -> CallToolRequestParams {
    CallToolRequestParams::new(name).with_arguments(arguments.as_object().cloned().unwrap())
}

/// What a call came to: a text, a text that says what went wrong, or an error.
fn outcome(result: Result<CallToolResult, ServiceError>) -> Value {
    match result {
        Ok(result) => {
            let texts: Vec<_> = result
                .content
                .iter()
                .filter_map(|part| part.as_text())
                .map(|part| part.text.as_str())
                .collect();
            json!({"isError": result.is_error.unwrap_or(false), "text": texts.join("\n")})
        }
        Err(ServiceError::McpError(error)) => json!({"code": error.code.0, "error": error.message}),
        Err(error) => json!({"error": error.to_string()}),
    }
}

async fn call(client: &Client, name: &'static str, arguments: Value) -> Value {
    outcome(client.call_tool(params(name, arguments)).await)
}

/// A call that is given up when a line comes.
async fn call_until_cancelled(
    client: &Client,
    name: &str,
    lines: &mut Lines<BufReader<Stdin>>,
) -> Result<Value, Failure> {
    let wait = params("talk__wait", json!({"who": name}));
    let request = ClientRequest::CallToolRequest(CallToolRequest::new(wait));
    let mut handle = client
        .send_cancellable_request(request, PeerRequestOptions::no_options())
        .await?;
    say("waiting", json!({}));
    let answered = tokio::select! {
        _ = lines.next_line() => None,
        answer = &mut handle.rx => Some(answer?),
    };
    match answered {
        None => {
            handle.cancel(Some("not needed any more".into())).await?;
            Ok(json!({"error": "cancelled"}))
        }
        Some(Ok(ServerResult::CallToolResult(result))) => Ok(outcome(Ok(result))),
        Some(Ok(other)) => Ok(json!({"error": format!("{other:?}")})),
        Some(Err(error)) => Ok(outcome(Err(error))),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, url, key, name] = &arguments[..] else {
        return Err("wants a URL, a key and a name".into());
    };
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let listener = Listener::default();

    if let Err(error) = connect(url, "nonsense", &listener).await {
        say("stranger", json!({"error": error.to_string()}));
    }
    let client = connect(url, key, &listener).await?;
    say(
        "connect",
        json!({"protocol": client.peer_info().unwrap().protocol_version}),
    );
    let tools = client.list_all_tools().await?;
    say(
        "list",
        json!({"tools": tools.iter().map(|tool| &tool.name).collect::<Vec<_>>()}),
    );

    say(
        "call",
        call(&client, "talk__echo", json!({"text": "grüße 🌊"})).await,
    );
    say("unknown", call(&client, "talk__nothing", json!({})).await);
    say(
        "invalid",
        call(&client, "talk__work", json!({"steps": "three"})).await,
    );
    say("bought", call(&client, "shop__buy", json!({})).await);
    say("budget", call(&client, "shop__buy", json!({})).await);

    let mut worked = call(&client, "talk__work", json!({"steps": 3})).await;
    worked["heard"] = listener.heard.lock().unwrap().clone().into();
    say("progress", worked);

    say(
        "cancel",
        call_until_cancelled(&client, name, &mut lines).await?,
    );

    say("restart", json!({}));
    lines.next_line().await?;
    say(
        "same",
        call(&client, "talk__echo", json!({"text": "again"})).await,
    );
    let fresh = connect(url, key, &listener).await?;
    say(
        "fresh",
        call(&fresh, "talk__echo", json!({"text": "again"})).await,
    );
    fresh.cancel().await?;
    client.cancel().await?;
    std::process::exit(0); // a read of standard input that is under way would hold the runtime
}
