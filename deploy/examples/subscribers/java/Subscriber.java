// A team's subscriber: `mvn dependency:copy-dependencies`, then `java -cp 'target/dependency/*' Subscriber.java`. Put your ticket system
// in openTicket, closeTicket and hear. TEAM, STORE (a folder), WINNOW_BROKER and WINNOW_PREFIX come from the environment, and so does
// any other property of the clients: KAFKA_SECURITY_PROTOCOL is security.protocol. Any exception ends it; your supervisor starts it anew.
import static java.nio.file.StandardOpenOption.*;

import com.fasterxml.jackson.databind.*;
import java.io.*;
import java.nio.file.*;
import java.time.*;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;

class Subscriber {
    static final Set<String> KINDS = Set.of("reply", "review", "page", "idea", "digest", "escalate"); // others are passed over
    static final String TEAM = variable("TEAM", "support"), PREFIX = variable("WINNOW_PREFIX", "winnow");
    static final Path STORE = Path.of(variable("STORE", "tickets")); // a file for each action; two processes of a team need a table
    static final ObjectMapper JSON = new ObjectMapper();
    static final Producer<String, String> PRODUCER = new KafkaProducer<>(properties(), new StringSerializer(), new StringSerializer());

    static String variable(String name, String otherwise) { return System.getenv().getOrDefault(name, otherwise); }
    static String text(JsonNode from, String name) { return from.path(name).asText(""); }

    // Both must be harmless to repeat, e.g. an insert with action_id as its key: a crash may come right after them.
    static void openTicket(String id, JsonNode action) { System.out.println("open " + id + " " + text(action, "summary")); }
    static void closeTicket(String id, String why) { System.out.println("close " + id + " " + why); }

    /** A line `ACTION_ID STATUS` (acknowledged, done ...) is what a person says, later; your ticket system's webhook instead. */
    static void hear(String[] said) throws Exception { if (state(said[0]).equals("open")) answer(said[0], said[1]); }

    /** One action, any number of times, with the same result. True: it is open here, which is to be answered. */
    static boolean handle(JsonNode action) throws Exception {
        for (var gone : Map.of("revokes", "revoked", "supersedes", "superseded").entrySet()) {
            var former = text(action, gone.getKey());
            if (state(former).equals("open")) closeTicket(former, gone.getValue());
            if (!former.isEmpty()) remember(former, gone.getValue()); // also when it was never seen here: it must not be opened later
        }
        var id = text(action, "action_id");
        boolean fit = KINDS.contains(text(action, "kind")) && Instant.parse(text(action, "not_after")).isAfter(Instant.now());
        if (fit && state(id).isEmpty()) {
            openTicket(id, action);
            remember(id, "open");
        }
        return state(id).equals("open");
    }

    static String state(String id) throws Exception { // empty: never seen
        return !id.isEmpty() && Files.exists(STORE.resolve(id)) ? Files.readString(STORE.resolve(id)) : "";
    }

    static void remember(String id, String state) throws Exception { // on disk before it is answered
        Files.writeString(STORE.resolve(id), state, CREATE, WRITE, TRUNCATE_EXISTING, SYNC);
    }

    static void answer(String id, String status) throws Exception { // key: the team; the producer's partitioner is murmur2
        var said = Map.of("action_id", id, "team", TEAM, "status", status, "at", Instant.now().toString(), "by", "desk");
        PRODUCER.send(new ProducerRecord<>(PREFIX + ".outcomes.v1", TEAM, JSON.writeValueAsString(said))).get();
    }

    static Properties properties() {
        var found = new Properties();
        found.putAll(Map.of("bootstrap.servers", variable("WINNOW_BROKER", "127.0.0.1:9092"), "acks", "all"));
        found.putAll(Map.of("group.id", PREFIX + "-team-" + TEAM, "session.timeout.ms", "10000"));
        found.putAll(Map.of("enable.auto.commit", "false", "auto.offset.reset", "earliest"));
        for (var one : System.getenv().entrySet())
            if (one.getKey().startsWith("KAFKA_")) found.put(one.getKey().substring(6).toLowerCase().replace('_', '.'), one.getValue());
        return found;
    }

    public static void main(String[] words) throws Exception {
        Files.createDirectories(STORE);
        var people = new BufferedReader(new InputStreamReader(System.in));
        try (var consumer = new KafkaConsumer<>(properties(), new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(PREFIX + ".actions." + TEAM + ".v1"));
            while (true) { // handle, answer, commit, in this order
                for (var record : consumer.poll(Duration.ofMillis(500))) {
                    var action = JSON.readTree(record.value());
                    if (handle(action)) answer(text(action, "action_id"), "received");
                    var place = new TopicPartition(record.topic(), record.partition());
                    consumer.commitSync(Map.of(place, new OffsetAndMetadata(record.offset() + 1)));
                }
                while (people.ready()) hear(people.readLine().split(" "));
            }
        }
    }
}
