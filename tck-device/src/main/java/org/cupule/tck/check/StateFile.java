package org.cupule.tck.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.cupule.device.DeviceFactory;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;

/**
 * States as JSON, to be kept beside the vendor's tests: what a version of a device has written, later ones must read.
 *
 * <pre>
 * {"kind": "com.acme.sensor", "version": 1, "fields": {
 *   "level": 7, "name": "attic", "window": {"bytes": "00ff"}, "times": [1, 2],
 *   "filter": {"kind": "com.acme.filter", "version": 1, "fields": {"taps": 3}}}}
 * </pre>
 *
 * @threading confined to its maker
 */
public final class StateFile {
    private static final int DEEPEST = 32;

    private final String text;
    private int at;
    private int depth;

    private StateFile(String text) {
        this.text = text;
    }

    /** {@return the state as JSON} */
    public static String text(ModelState state) {
        return json(state, "") + "\n";
    }

    /**
     * {@return the state in a text}
     *
     * @throws StateException
     *             when it is no JSON or no state
     */
    public static ModelState parse(String text) {
        var file = new StateFile(text);
        Object value = file.value();
        file.skip();
        if (!(value instanceof ModelState state) || file.at != text.length()) {
            throw file.wrong("a state with kind, version and fields");
        }
        return state;
    }

    /** {@return the states of all {@code *.json} in a folder, by file name; none when there is no such folder} */
    public static Map<String, ModelState> readAll(Path folder) throws IOException {
        var states = new TreeMap<String, ModelState>();
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.filter(path -> path.toString().endsWith(".json")).toList()) {
                    states.put(file.getFileName().toString(), parse(Files.readString(file)));
                }
            }
        }
        return states;
    }

    /** Writes what a factory's device, used so, saves: a file {@code <kind>-v<version>.json} for each version. */
    public static void record(Subject subject, Path folder) throws IOException {
        DeviceFactory factory = subject.factory();
        Files.createDirectories(folder);
        for (int version : factory.schema().writes()) {
            ModelState state = subject.used().device().save(version);
            Files.writeString(folder.resolve("%s-v%d.json".formatted(state.kind(), version)), text(state));
        }
    }

    // ---- writing

    private static String json(Object value, String indent) {
        String deeper = indent + "  ";
        return switch (value) {
            case Long number -> number.toString();
            case String word -> quoted(word);
            case byte[] bytes -> "{\"bytes\": \"%s\"}".formatted(HexFormat.of().formatHex(bytes));
            case List<?> list -> list.stream().map(item -> json(item, deeper))
                    .collect(Collectors.joining(", ", "[", "]"));
            case ModelState state -> "{\"kind\": %s, \"version\": %d, \"fields\": {%s}}".formatted(
                    quoted(state.kind()), state.version(), state.fields().entrySet().stream()
                            .map(field -> "\n" + deeper + quoted(field.getKey()) + ": "
                                    + json(field.getValue(), deeper))
                            .collect(Collectors.joining(",")));
            default -> throw new IllegalArgumentException("a state cannot hold a " + value.getClass());
        };
    }

    private static String quoted(String word) {
        var out = new StringBuilder("\"");
        word.chars().forEach(c -> out.append(c == '"' || c == '\\'
                ? "\\" + (char) c
                : c < ' ' ? "\\u%04x".formatted(c) : String.valueOf((char) c)));
        return out.append('"').toString();
    }

    // ---- reading

    private Object value() {
        skip();
        if (at == text.length() || depth == DEEPEST) {
            throw wrong("a value, at most %d deep".formatted(DEEPEST));
        }
        return switch (text.charAt(at)) {
            case '{' -> object();
            case '[' -> list();
            case '"' -> word();
            default -> number();
        };
    }

    private Object object() {
        var members = new TreeMap<String, Object>();
        depth++;
        at++;
        skip();
        while (here() != '}') {
            skip();
            String name = word();
            expect(':');
            members.put(name, name.equals("fields") ? fields() : value());
            between('}');
        }
        at++;
        depth--;
        return meaning(members);
    }

    private Map<String, Object> fields() {
        var fields = new TreeMap<String, Object>();
        expect('{');
        skip();
        while (here() != '}') {
            skip();
            String name = word();
            expect(':');
            fields.put(name, value());
            between('}');
        }
        at++;
        return fields;
    }

    private Object meaning(Map<String, Object> members) {
        if (members.get("bytes") instanceof String hex && members.size() == 1) {
            return bytes(hex);
        }
        if (members.get("kind") instanceof String kind && members.get("version") instanceof Long version
                && members.get("fields") instanceof Map<?, ?> fields) {
            return state(kind, version, fields);
        }
        throw wrong("bytes, or kind, version and fields");
    }

    private ModelState state(String kind, long version, Map<?, ?> fields) {
        var builder = ModelState.of(kind, (int) version);
        try {
            fields.forEach((name, value) -> StateText.put(builder, name.toString(), value));
        } catch (RuntimeException _) {
            throw wrong("a list of numbers or of states");
        }
        return builder.build();
    }

    private byte[] bytes(String hex) {
        try {
            return HexFormat.of().parseHex(hex);
        } catch (IllegalArgumentException _) {
            throw wrong("bytes as hexadecimal digits");
        }
    }

    private List<Object> list() {
        var items = new ArrayList<Object>();
        depth++;
        at++;
        skip();
        while (here() != ']') {
            items.add(value());
            between(']');
        }
        at++;
        depth--;
        return items;
    }

    private String word() {
        if (here() != '"') {
            throw wrong("a text in quotation marks");
        }
        at++;
        var out = new StringBuilder();
        for (; here() != '"'; at++) {
            out.append(here() == '\\' ? escaped() : here());
        }
        at++;
        return out.toString();
    }

    private char escaped() {
        at++;
        if (here() != 'u') {
            return here();
        }
        at += 4;
        here();
        try {
            return (char) Integer.parseInt(text.substring(at - 3, at + 1), 16);
        } catch (NumberFormatException _) {
            throw wrong("four hexadecimal digits");
        }
    }

    private Long number() {
        int from = at;
        while (here() == '-' || Character.isDigit(here())) {
            at++;
        }
        try {
            return Long.valueOf(text.substring(from, at));
        } catch (NumberFormatException _) {
            throw wrong("a number");
        }
    }

    /** Passes a comma, if another one follows before the end. */
    private void between(char end) {
        skip();
        if (here() == ',') {
            at++;
            skip();
        } else if (here() != end) {
            throw wrong("',' or '" + end + "'");
        }
    }

    private void expect(char wanted) {
        skip();
        if (here() != wanted) {
            throw wrong("'" + wanted + "'");
        }
        at++;
    }

    private char here() {
        if (at >= text.length()) {
            throw wrong("more");
        }
        return text.charAt(at);
    }

    private void skip() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private StateException wrong(String wanted) {
        return new StateException("a state file has something else than %s at character %d".formatted(wanted, at));
    }
}
