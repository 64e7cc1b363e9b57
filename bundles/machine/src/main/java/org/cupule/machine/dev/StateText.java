package org.cupule.machine.dev;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;

/**
 * Saved state and its schema, in words for who writes the device.
 *
 * @threading immutable
 */
public final class StateText {
    private static final int MOST_LETTERS = 40;

    private StateText() {
    }

    /** {@return the fields and their values: {@code control=1 value=42}} */
    public static String fields(Map<String, Object> fields) {
        return fields.entrySet().stream().map(field -> field.getKey() + "=" + value(field.getValue()))
                .collect(Collectors.joining(" "));
    }

    private static String value(Object value) {
        String text = switch (value) {
            case byte[] bytes -> bytes.length + " bytes";
            case ModelState state -> "{" + fields(state.fields()) + "}";
            case List<?> list -> list.size() + " items";
            default -> value.toString();
        };
        return text.length() <= MOST_LETTERS ? text : text.substring(0, MOST_LETTERS) + "...";
    }

    /** {@return what a schema reads and writes: {@code reads 1, 2, writes 2}} */
    public static String versions(StateSchema schema) {
        return "reads %s, writes %s".formatted(list(schema.reads()), list(schema.writes()));
    }

    private static String list(java.util.Set<Integer> versions) {
        return new TreeSet<>(versions).stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    /** {@return how one state's fields differ from another's; empty when they have the same names} */
    public static String difference(ModelState before, ModelState after) {
        var added = new java.util.TreeMap<>(after.fields());
        added.keySet().removeAll(before.fields().keySet());
        var lost = new TreeSet<>(before.fields().keySet());
        lost.removeAll(after.fields().keySet());
        String text = added.isEmpty() ? "" : "new fields " + fields(added);
        String gone = lost.isEmpty() ? "" : "fields no more there: " + String.join(", ", lost);
        return text.isEmpty() || gone.isEmpty() ? text + gone : text + "; " + gone;
    }
}
