package org.cupule.machine.description;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One object of a VM file, whose fields are asked for one by one. What has the wrong form is a fault, and the standard
 * value is given instead, so that all faults are found.
 *
 * @threading confined to its maker
 */
final class Section {
    private final String path;
    private final Map<String, Object> fields;
    private final Faults faults;
    private final Set<String> known = new HashSet<>();

    Section(String path, Map<String, Object> fields, Faults faults) {
        this.path = path;
        this.fields = fields;
        this.faults = faults;
    }

    String path(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    boolean has(String name) {
        known.add(name);
        return fields.containsKey(name);
    }

    private <T> T get(String name, T standard, String form, Function<Object, @Nullable T> read) {
        if (!has(name)) {
            return standard;
        }
        T value = read.apply(fields.get(name));
        if (value == null) {
            faults.add(path(name), "%s is expected, not %s", form, text(fields.get(name)));
        }
        return value == null ? standard : value;
    }

    private static String text(Object value) {
        return value instanceof Map ? "an object" : value instanceof List ? "a list" : "'" + value + "'";
    }

    String text(String name, String standard) {
        return get(name, standard, "a text", value -> value instanceof String text ? text : null);
    }

    /** {@return a text that must be there} */
    String required(String name) {
        if (!has(name)) {
            faults.add(path(name), "it is missing");
        }
        return text(name, "");
    }

    boolean flag(String name) {
        return flag(name, false);
    }

    boolean flag(String name, boolean standard) {
        return get(name, standard, "true or false", value -> value instanceof Boolean flag ? flag : null);
    }

    /** {@return a size: a number of bytes, or a text such as 64M} */
    long size(String name, long standard) {
        return get(name, standard, "a size such as \"64M\"", value -> number(value, Sizes::bytes));
    }

    /** {@return a number: as it is, or a text such as 0x3F8} */
    long number(String name, long standard) {
        return get(name, standard, "a number such as 4 or \"0x3F8\"", value -> number(value, Sizes::number));
    }

    private static @Nullable Long number(Object value, Function<String, OptionalLong> read) {
        if (value instanceof Long number && number >= 0) {
            return number;
        }
        OptionalLong number = value instanceof String text ? read.apply(text) : OptionalLong.empty();
        return number.isPresent() ? number.getAsLong() : null;
    }

    /** {@return the texts of a list, or a single one} */
    List<String> texts(String name) {
        return get(name, List.of(), "a text or a list of texts",
                value -> value instanceof String text
                        ? List.of(text)
                        : value instanceof List<?> list && list.stream().allMatch(String.class::isInstance)
                                ? list.stream().map(String.class::cast).toList()
                                : null);
    }

    /** {@return the fields of an object; none when it is not there} */
    Map<String, Object> object(String name) {
        return get(name, Map.of(), "an object", Section::object);
    }

    /** A map's keys are texts: they are JSON's names. */
    static @Nullable Map<String, Object> object(Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            return null;
        }
        var copy = new LinkedHashMap<String, Object>();
        map.forEach((name, field) -> copy.put((String) name, field));
        return copy;
    }

    /** {@return the items of a list; none when it is not there} */
    List<?> list(String name) {
        return this.<List<?>>get(name, List.of(), "a list", value -> value instanceof List<?> list ? list : null);
    }

    /** {@return an object whose fields, with names of any kind, are texts} */
    Map<String, String> map(String name) {
        var section = new Section(path(name), object(name), faults);
        var map = new LinkedHashMap<String, String>();
        section.fields.forEach((key, value) -> map.put(key, value instanceof Map || value instanceof List
                ? section.text(key, "")
                : String.valueOf(value)));
        return map;
    }

    /** {@return an object whose fields, with names of any kind, are numbers} */
    Map<String, Long> numbers(String name) {
        var section = new Section(path(name), object(name), faults);
        var map = new LinkedHashMap<String, Long>();
        section.fields.keySet().forEach(key -> map.put(key, section.number(key, 0)));
        return map;
    }

    /** After all known fields were asked for: what else is there is a fault. */
    void end() {
        fields.keySet().stream().filter(name -> !known.contains(name))
                .forEach(name -> faults.add(path(name), "there is no such field; %s", Names.hint(name, known)));
    }
}
