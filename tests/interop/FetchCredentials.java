// Gets credentials as Java programs do, and prints what came as one line of JSON per way: {"way", "status", "body"}.
//   java FetchCredentials WAY...    connection (HttpURLConnection), client (java.net.http with its defaults, which offer
//                                   HTTP/2), process (credential_process of the config, as the AWS SDK for Java runs it)
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

public class FetchCredentials {
  record Answer(int status, String body) {}

  static String variable(String name) {
    String value = System.getenv(name);
    if (value == null) throw new IllegalStateException(name + " is not set");
    return value;
  }

  static String text(InputStream stream) throws Exception {
    return stream == null ? "" : new String(stream.readAllBytes(), StandardCharsets.UTF_8);
  }

  // The SDKs for Java, 1 and 2, ask containers so.
  static Answer connection() throws Exception {
    var connection = (HttpURLConnection) new URL(variable("AWS_CONTAINER_CREDENTIALS_FULL_URI")).openConnection();
    connection.setRequestProperty("Authorization", variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
    int status = connection.getResponseCode();
    return new Answer(status, text(status == 200 ? connection.getInputStream() : connection.getErrorStream()));
  }

  static Answer client() throws Exception {
    var request = HttpRequest.newBuilder(URI.create(variable("AWS_CONTAINER_CREDENTIALS_FULL_URI")))
                      .header("Authorization", variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"))
                      .build();
    var response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    return new Answer(response.statusCode(), response.body());
  }

  static Answer process() throws Exception {
    String command = Files.readAllLines(Path.of(variable("AWS_CONFIG_FILE")))
                         .stream()
                         .filter(line -> line.startsWith("credential_process = "))
                         .map(line -> line.substring(line.indexOf('=') + 1).strip())
                         .findFirst()
                         .orElseThrow();
    var process = new ProcessBuilder("sh", "-c", command).start();
    process.getOutputStream().close();
    String body = text(process.getInputStream()), told = text(process.getErrorStream());
    int code = process.waitFor();
    return new Answer(code == 0 ? 200 : code, code == 0 ? body : told);
  }

  static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\r", "\\r") + '"';
  }

  public static void main(String[] ways) throws Exception {
    for (String way : ways) {
      Answer answer = switch (way) {
        case "connection" -> connection();
        case "client" -> client();
        case "process" -> process();
        default -> throw new IllegalArgumentException(way);
      };
      System.out.println("{\"way\": " + quoted(way) + ", \"status\": " + answer.status() + ", \"body\": " + quoted(answer.body()) + "}");
    }
  }
}
