import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.lang.reflect.Method;
import java.util.Collection;
import java.util.Map;

/** Reads resources as JSON lines; prints a line for each field that Strimzi's own model does not know or cannot read. */
class StrimziCheck {
    private static final Map<String, String> MODELS = Map.of(
        "KafkaTopic", "io.strimzi.api.kafka.model.topic.KafkaTopic",
        "KafkaUser", "io.strimzi.api.kafka.model.user.KafkaUser");

    public static void main(String[] arguments) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        try (var lines = new java.io.BufferedReader(new java.io.InputStreamReader(System.in, "UTF-8"))) {
            for (String line; (line = lines.readLine()) != null; ) {
                JsonNode node = mapper.readTree(line);
                String name = node.at("/kind").asText() + " " + node.at("/metadata/name").asText();
                Class<?> model = Class.forName(MODELS.get(node.at("/kind").asText()));
                String version = node.at("/apiVersion").asText();
                if (!java.util.List.of((String[]) versions(model)).contains(version.substring(version.indexOf('/') + 1))) {
                    System.out.println(name + ": version " + version + " is not served");
                }
                try {
                    walk(name, mapper.treeToValue(node, model));
                } catch (com.fasterxml.jackson.core.JsonProcessingException error) {
                    System.out.println(name + ": " + error.getOriginalMessage());
                }
            }
        }
    }

    private static Object versions(Class<?> model) throws Exception {
        var field = model.getField("VERSIONS");
        Object value = field.get(null);
        return value instanceof Collection<?> several ? several.stream().map(Object::toString).toArray(String[]::new) : value;
    }

    private static void walk(String path, Object value) throws Exception {
        if (value instanceof Collection<?> several) {
            int number = 0;
            for (Object one : several) walk(path + "[" + number++ + "]", one);
        } else if (value != null && value.getClass().getName().startsWith("io.strimzi") && !(value instanceof Enum)) {
            for (Method method : value.getClass().getMethods()) {
                if (!method.getName().startsWith("get") || method.getParameterCount() > 0 || method.getDeclaringClass() == Object.class) continue;
                Object inner = method.invoke(value);
                if (method.getName().equals("getAdditionalProperties")) {
                    if (inner instanceof Map<?, ?> unknown) unknown.keySet().forEach(key -> System.out.println(path + ": unknown field " + key));
                } else {
                    walk(path + "." + Character.toLowerCase(method.getName().charAt(3)) + method.getName().substring(4), inner);
                }
            }
        }
    }
}
