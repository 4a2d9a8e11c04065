import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends a court's orders to Writ over Kafka and prints what became of each.
 *
 * <p>One order per line on standard input, {"id", "type", "data"}: the id is the idempotency key, so
 * a line that is sent again is answered as before and recorded once. One line per order on standard
 * output, in the order sent: {"order", "status", "result" | "problem"}. Exit code 0: all recorded;
 * 1: some refused; 2: this program was called wrongly; 3: not all were answered in time.
 *
 * <pre>java -cp "$KAFKA_LIBS/*" SendOrders.java localhost:9092 cn.court.made-up system:case-desk</pre>
 */
public final class SendOrders {
  private static final String INTAKE = "court.intake";
  private static final String REPLIES = "court.intake-replies";
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final ObjectMapper JSON = new ObjectMapper();

  private record Order(String id, Future<RecordMetadata> sent) {}

  public static void main(String[] args) throws Exception {
    if (args.length != 3) {
      System.err.println("usage: SendOrders <brokers> <authority> <actor>");
      System.exit(2);
    }
    String brokers = args[0];
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(consumerSettings(brokers))) {
      // Before the first order is sent: whatever answers it comes behind these places.
      goToTheEnd(consumer, REPLIES);
      Map<String, List<JsonNode>> answers = new HashMap<>();
      List<Order> orders = send(brokers, args[1], args[2]);
      List<String> places = new ArrayList<>();
      for (Order order : orders) {
        RecordMetadata at = order.sent().get();
        places.add(INTAKE + "/" + at.partition() + "/" + at.offset());
      }
      boolean isComplete = await(consumer, answers, places);
      boolean isAllRecorded = print(orders, places, answers);
      System.exit(isComplete ? (isAllRecorded ? 0 : 1) : 3);
    }
  }

  /** Sends every line at once; Kafka's own producer keeps the order within a partition. */
  private static List<Order> send(String brokers, String authority, String actor)
      throws IOException {
    List<Order> orders = new ArrayList<>();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(producerSettings(brokers))) {
      for (String line; (line = lines.readLine()) != null; ) {
        JsonNode order = JSON.readTree(line);
        ProducerRecord<byte[], byte[]> message =
            new ProducerRecord<>(INTAKE, bytes(keyOf(order)), JSON.writeValueAsBytes(order.get("data")));
        Map<String, String> headers = new HashMap<>();
        headers.put("ce_specversion", "1.0");
        headers.put("ce_id", order.path("id").asText());
        headers.put("ce_source", "/" + authority + "/case-desk");
        headers.put("ce_type", order.path("type").asText());
        headers.put("ce_time", Instant.now().toString());
        headers.put("ce_authority", authority);
        headers.put("ce_actor", actor);
        headers.put("content-type", "application/json");
        headers.forEach((name, value) -> message.headers().add(name, bytes(value)));
        orders.add(new Order(order.path("id").asText(), producer.send(message)));
      }
    }
    return orders;
  }

  /** Orders of one case stay in order. A case's id says nothing of anybody; an identifier would. */
  private static String keyOf(JsonNode order) {
    String caseId = order.path("data").path("case").asText();
    return caseId.isEmpty() ? order.path("id").asText() : caseId;
  }

  /** Reads replies until every order has its own. One that came twice has the same ce_id. */
  private static boolean await(
      KafkaConsumer<byte[], byte[]> consumer,
      Map<String, List<JsonNode>> answers,
      List<String> places)
      throws IOException {
    Instant deadline = Instant.now().plus(PATIENCE);
    int missing = places.size();
    while (missing > 0 && Instant.now().isBefore(deadline)) {
      for (ConsumerRecord<byte[], byte[]> reply : consumer.poll(Duration.ofMillis(200))) {
        String of = new String(reply.headers().lastHeader("ce_id").value(), StandardCharsets.UTF_8);
        answers.computeIfAbsent(of, (place) -> new ArrayList<>()).add(JSON.readTree(reply.value()));
      }
      missing = 0;
      for (String place : places) if (!answers.containsKey(place)) missing++;
    }
    return missing == 0;
  }

  /** @return whether every order was recorded */
  private static boolean print(
      List<Order> orders, List<String> places, Map<String, List<JsonNode>> answers)
      throws IOException {
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    boolean isAllRecorded = true;
    for (int index = 0; index < orders.size(); index++) {
      List<JsonNode> replies = answers.getOrDefault(places.get(index), List.of());
      ObjectNode line = JSON.createObjectNode();
      line.put("order", orders.get(index).id());
      line.put("replies", replies.size());
      if (!replies.isEmpty()) {
        JsonNode reply = replies.get(0);
        line.set("status", reply.get("status"));
        if (reply.has("result")) line.set("result", reply.get("result"));
        if (reply.has("problem")) line.set("problem", reply.get("problem"));
      }
      isAllRecorded &= line.path("status").asInt() == 201;
      out.println(JSON.writeValueAsString(line));
    }
    out.flush();
    return isAllRecorded;
  }

  /** Own places, no group: whoever asks for an answer needs the new ones alone. */
  private static void goToTheEnd(KafkaConsumer<byte[], byte[]> consumer, String topic) {
    List<TopicPartition> partitions = new ArrayList<>();
    consumer.partitionsFor(topic).forEach((p) -> partitions.add(new TopicPartition(topic, p.partition())));
    consumer.assign(partitions);
    consumer.seekToEnd(partitions);
    // Seeking waits for the first need of it.
    for (TopicPartition partition : partitions) consumer.position(partition);
  }

  private static Map<String, Object> producerSettings(String brokers) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", brokers);
    settings.put("key.serializer", ByteArraySerializer.class.getName());
    settings.put("value.serializer", ByteArraySerializer.class.getName());
    settings.put("acks", "all");
    settings.put("enable.idempotence", true);
    settings.put("linger.ms", 5);
    return settings;
  }

  private static Map<String, Object> consumerSettings(String brokers) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", brokers);
    settings.put("key.deserializer", ByteArrayDeserializer.class.getName());
    settings.put("value.deserializer", ByteArrayDeserializer.class.getName());
    settings.put("enable.auto.commit", false);
    settings.put("allow.auto.create.topics", false);
    return settings;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
