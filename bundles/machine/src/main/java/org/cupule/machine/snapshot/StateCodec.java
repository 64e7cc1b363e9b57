package org.cupule.machine.snapshot;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;

/**
 * States to CBOR and back.
 *
 * <p>
 * A reader takes so many values and bytes, and no more: whatever a file says, its states take a bounded part of the
 * heap.
 *
 * @threading confined to its maker
 */
final class StateCodec {
    private static final int MOST_VALUES = 1 << 20;
    private static final int MOST_BYTES = 64 << 20;

    private final JsonParser cbor;
    private int values;
    private long bytes;

    /** Reads from here. */
    StateCodec(JsonParser cbor) {
        this.cbor = cbor;
    }

    // ---- write

    static void write(JsonGenerator cbor, ModelState state) throws IOException {
        cbor.writeStartObject();
        cbor.writeStringField("kind", state.kind());
        cbor.writeNumberField("version", state.version());
        cbor.writeObjectFieldStart("fields");
        for (Map.Entry<String, Object> field : state.fields().entrySet()) {
            cbor.writeFieldName(field.getKey());
            value(cbor, field.getValue());
        }
        cbor.writeEndObject();
        cbor.writeEndObject();
    }

    private static void value(JsonGenerator cbor, Object value) throws IOException {
        switch (value) {
            case Long number -> cbor.writeNumber(number);
            case String text -> cbor.writeString(text);
            case byte[] raw -> cbor.writeBinary(raw);
            case ModelState state -> write(cbor, state);
            case List<?> list -> {
                cbor.writeStartArray();
                for (Object item : list) {
                    value(cbor, item);
                }
                cbor.writeEndArray();
            }
            default -> throw new StateException("a state holds a " + value.getClass().getName());
        }
    }

    // ---- read

    /** Reads a state; the parser is at its beginning, and at its end afterwards. */
    ModelState state() throws IOException {
        require(cbor.currentToken() == JsonToken.START_OBJECT, "a state");
        field("kind", JsonToken.VALUE_STRING);
        String kind = text();
        field("version", JsonToken.VALUE_NUMBER_INT);
        ModelState.Builder state = ModelState.of(kind, cbor.getIntValue());
        field("fields", JsonToken.START_OBJECT);
        while (cbor.nextToken() == JsonToken.FIELD_NAME) {
            put(state, cbor.currentName());
        }
        require(cbor.currentToken() == JsonToken.END_OBJECT && cbor.nextToken() == JsonToken.END_OBJECT,
                "the end of a state");
        return state.build();
    }

    private void put(ModelState.Builder state, String name) throws IOException {
        cost(name.length());
        switch (cbor.nextToken()) {
            case VALUE_NUMBER_INT -> state.put(name, cbor.getLongValue());
            case VALUE_STRING -> state.put(name, text());
            case VALUE_EMBEDDED_OBJECT -> state.put(name, bytes());
            case START_OBJECT -> state.put(name, state());
            case START_ARRAY -> list(state, name);
            case null, default -> throw new StateException("field '%s' has a value of no type that a state has"
                    .formatted(name));
        }
    }

    /** A list is one of numbers or one of states; an empty one is both. */
    private void list(ModelState.Builder state, String name) throws IOException {
        if (cbor.nextToken() == JsonToken.START_OBJECT) {
            var states = new ArrayList<ModelState>();
            for (; cbor.currentToken() == JsonToken.START_OBJECT; cbor.nextToken()) {
                cost(0);
                states.add(state());
            }
            state.put(name, states);
        } else {
            state.put(name, numbers());
        }
        require(cbor.currentToken() == JsonToken.END_ARRAY, "the end of the list '" + name + "'");
    }

    private long[] numbers() throws IOException {
        var numbers = new ArrayList<Long>();
        for (; cbor.currentToken() == JsonToken.VALUE_NUMBER_INT; cbor.nextToken()) {
            cost(0);
            numbers.add(cbor.getLongValue());
        }
        return numbers.stream().mapToLong(Long::longValue).toArray();
    }

    private String text() throws IOException {
        String text = cbor.getText();
        cost(text.length());
        return text;
    }

    private byte[] bytes() throws IOException {
        byte[] raw = cbor.getBinaryValue();
        cost(raw.length);
        return raw;
    }

    private void cost(int more) {
        bytes += more;
        if (++values > MOST_VALUES || bytes > MOST_BYTES) {
            throw new StateException("the states have more than %d values, or than %d MiB".formatted(MOST_VALUES,
                    MOST_BYTES >> 20));
        }
    }

    private void field(String name, JsonToken type) throws IOException {
        require(cbor.nextToken() == JsonToken.FIELD_NAME && cbor.currentName().equals(name) && cbor.nextToken() == type,
                "'" + name + "'");
    }

    private void require(boolean holds, String what) throws IOException {
        if (!holds) {
            throw new StateException("there is %s at byte %d, where %s should be".formatted(cbor.currentToken(),
                    cbor.currentTokenLocation().getByteOffset(), what));
        }
    }
}
