package org.cupule.hsm.shell;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;
import org.osgi.service.metatype.AttributeDefinition;

/**
 * One setting, as its plug-in's Metatype describes it.
 *
 * @param definition
 *            the description
 * @param required
 *            whether it must have a value
 * @threading immutable
 */
record Setting(AttributeDefinition definition, boolean required) {
    String name() {
        return definition.getID();
    }

    String description() {
        String told = definition.getDescription();
        return told == null || told.isEmpty() ? Objects.requireNonNullElse(definition.getName(), "") : told;
    }

    private boolean several() {
        return definition.getCardinality() != 0;
    }

    private boolean secret() {
        return definition.getType() == AttributeDefinition.PASSWORD;
    }

    /** {@return what it is when nobody sets it} */
    String defaultText() {
        String[] values = definition.getDefaultValue();
        return values == null ? "" : secret() ? "***" : String.join(",", values);
    }

    /** {@return a value, for people} */
    String text(@Nullable Object value) {
        return switch (value) {
            case null -> defaultText();
            case Object any when secret() -> "***";
            case Object[] many -> Arrays.stream(many).map(String::valueOf).collect(Collectors.joining(","));
            case Iterable<?> many -> StreamSupport.stream(many.spliterator(), false).map(String::valueOf)
                    .collect(Collectors.joining(","));
            default -> String.valueOf(value);
        };
    }

    /** {@return what it may be: the values to choose from, else its kind} */
    String possible() {
        List<String> choices = choices();
        return (choices.isEmpty() ? kind() : String.join("|", choices)) + (several() ? ", ..." : "");
    }

    /** {@return the values to choose from; none where any of its kind will do} */
    List<String> choices() {
        String[] options = definition.getOptionValues();
        if (options != null && options.length > 0) {
            return List.of(options);
        }
        return definition.getType() == AttributeDefinition.BOOLEAN ? List.of("true", "false") : List.of();
    }

    private String kind() {
        return switch (definition.getType()) {
            case AttributeDefinition.BYTE, AttributeDefinition.SHORT, AttributeDefinition.INTEGER,
                    AttributeDefinition.LONG ->
                "whole number";
            case AttributeDefinition.DOUBLE, AttributeDefinition.FLOAT -> "number";
            case AttributeDefinition.CHARACTER -> "character";
            default -> "text";
        };
    }

    /**
     * {@return a text as the value that Configuration Admin keeps}
     *
     * @throws HsmException
     *             EINVAL when the description does not allow it
     */
    Object parsed(String text) {
        List<String> parts = several() ? List.of(text.split(",", -1)) : List.of(text);
        int most = Math.abs(definition.getCardinality());
        if (several() && most != Integer.MAX_VALUE && definition.getCardinality() != Integer.MIN_VALUE
                && parts.size() > most) {
            throw refused(text, "it has at most " + most + " values");
        }
        parts.forEach(this::check);
        Object[] values = parts.stream().map(this::one).toArray();
        return several() ? typed(values) : values[0];
    }

    private void check(String text) {
        one(text); // what the description does not look at: whether it is of its kind at all
        String objection = definition.validate(text);
        if (objection != null && !objection.isEmpty()) {
            throw refused(text, objection);
        }
    }

    private Object one(String text) {
        return switch (definition.getType()) {
            case AttributeDefinition.BOOLEAN -> truth(text);
            case AttributeDefinition.BYTE -> number(text, Byte::decode);
            case AttributeDefinition.SHORT -> number(text, Short::decode);
            case AttributeDefinition.INTEGER -> number(text, Integer::decode);
            case AttributeDefinition.LONG -> number(text, Long::decode);
            case AttributeDefinition.FLOAT -> number(text, Float::valueOf);
            case AttributeDefinition.DOUBLE -> number(text, Double::valueOf);
            case AttributeDefinition.CHARACTER -> character(text);
            default -> text;
        };
    }

    private Object truth(String text) {
        if (!text.equals("true") && !text.equals("false")) {
            throw refused(text, "it is true or false");
        }
        return Boolean.valueOf(text);
    }

    private Object character(String text) {
        if (text.length() != 1) {
            throw refused(text, "it is one character");
        }
        return text.charAt(0);
    }

    private Object number(String text, Function<String, Number> parse) {
        try {
            return parse.apply(text);
        } catch (NumberFormatException notOne) {
            throw refused(text, "it is a " + kind() + " of this size");
        }
    }

    /** Configuration Admin keeps arrays of one type. */
    private static Object typed(Object[] values) {
        Object array = java.lang.reflect.Array.newInstance(values[0].getClass(), values.length);
        System.arraycopy(values, 0, array, 0, values.length);
        return array;
    }

    private HsmException refused(String text, String why) {
        return new HsmException(Errno.EINVAL, "settings",
                "'%s' is not possible for %s: %s".formatted(text, name(), why));
    }
}
