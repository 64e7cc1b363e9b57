package org.cupule.machine.description;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;

/**
 * A JSON file in memory, and the line of each of its fields. Comments in the way of Java are allowed.
 *
 * <p>
 * Values are Map, List, String, Long, Double and Boolean.
 *
 * @threading confined to its maker
 */
final class JsonFile {
    private static final int MOST_DEPTH = 20;
    private static final long MOST_BYTES = 1 << 20;

    private final Path path;
    private final Map<String, Integer> lines = new HashMap<>();

    JsonFile(Path path) {
        this.path = path;
    }

    /**
     * Reads it.
     *
     * @throws HsmException
     *             ENOENT when it is not there, EINVAL when it is no JSON object; the sentence names the line
     */
    Map<String, Object> read() {
        JsonFactory factory = JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
                .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MOST_DEPTH).build()).build();
        try (JsonParser parser = factory.createParser(text())) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw bad(1, "a VM file begins with '{'");
            }
            Map<String, Object> root = object(parser, "");
            if (parser.nextToken() != null) {
                throw bad(line(parser), "something follows the last '}'");
            }
            return root;
        } catch (JsonProcessingException e) {
            throw bad(e.getLocation() == null ? 1 : e.getLocation().getLineNr(), e.getOriginalMessage());
        } catch (IOException e) {
            throw new HsmException(Errno.EIO, "read", "the file '" + path + "' cannot be read: " + e, e);
        }
    }

    private String text() throws IOException {
        try {
            if (Files.size(path) > MOST_BYTES) {
                throw bad(1, "it is longer than 1 MiB, which no VM file is");
            }
            return Files.readString(path);
        } catch (NoSuchFileException e) {
            throw new HsmException(Errno.ENOENT, "read", "there is no file '" + path + "'", e);
        }
    }

    private Map<String, Object> object(JsonParser parser, String at) throws IOException {
        var fields = new LinkedHashMap<String, Object>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            String field = at.isEmpty() ? name : at + "." + name;
            lines.put(field, line(parser));
            parser.nextToken();
            Object value = value(parser, field);
            if (value != null) {
                fields.put(name, value);
            }
        }
        return fields;
    }

    private List<Object> list(JsonParser parser, String at) throws IOException {
        var items = new ArrayList<Object>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            String field = at + "[" + items.size() + "]";
            lines.put(field, line(parser));
            Object value = value(parser, field);
            if (value == null) {
                throw bad(line(parser), "field '" + field + "': null is no value here");
            }
            items.add(value);
        }
        return items;
    }

    private @Nullable Object value(JsonParser parser, String at) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> object(parser, at);
            case START_ARRAY -> list(parser, at);
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT -> whole(parser, at);
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> Boolean.TRUE;
            case VALUE_FALSE -> Boolean.FALSE;
            default -> null;
        };
    }

    private Long whole(JsonParser parser, String at) throws IOException {
        try {
            return parser.getLongValue();
        } catch (JsonProcessingException e) {
            throw bad(line(parser), "field '" + at + "': the number is too large");
        }
    }

    private static int line(JsonParser parser) {
        return parser.currentTokenLocation().getLineNr();
    }

    private HsmException bad(int line, String sentence) {
        return new HsmException(Errno.EINVAL, "read", path.getFileName() + ":" + line + ": " + sentence);
    }

    /** {@return {@code file.json:LINE: } for a field, or for the nearest one around it that is in the file} */
    String place(String field) {
        String at = field;
        while (!at.isEmpty() && !lines.containsKey(at)) {
            at = at.substring(0, Math.max(0, Math.max(at.lastIndexOf('.'), at.lastIndexOf('['))));
        }
        return path.getFileName() + ":" + lines.getOrDefault(at, 1) + ": ";
    }
}
