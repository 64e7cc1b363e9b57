package org.cupule.machine.firmware;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes ACPI machine language: each method gives the bytes of one term. Source: ACPI Specification 6.5, chapter 20
 * ("ACPI Machine Language (AML) Specification").
 *
 * @threading any thread: functions without state
 */
final class Aml {
    /** What a caller gave. */
    static final byte[] ARG0 = {0x68};
    static final byte[] ARG1 = {0x69};
    static final byte[] ARG3 = {0x6B};
    /** A method's own variables. */
    static final byte[] LOCAL0 = {0x60};
    static final byte[] LOCAL1 = {0x61};
    private static final byte[] NOWHERE = {0};
    private static final int SERIALIZED = 1 << 3;
    private static final int ROOT = '\\';
    private static final int SEGMENT = 4;

    private Aml() {
    }

    /** {@return all of these, one after the other} */
    static byte[] join(byte[]... terms) {
        return join(List.of(terms));
    }

    static byte[] join(List<byte[]> terms) {
        var out = new ByteArrayOutputStream();
        terms.forEach(out::writeBytes);
        return out.toByteArray();
    }

    private static byte[] of(int... bytes) {
        byte[] term = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            term[i] = (byte) bytes[i];
        }
        return term;
    }

    // ------------------------------------------------------------------ data

    /** {@return an unsigned number, in the shortest form} */
    static byte[] integer(long value) {
        if (value == 0 || value == 1) {
            return of((int) value);
        }
        if (value >>> 8 == 0) {
            return join(of(0x0A), little(value, 1));
        }
        if (value >>> 16 == 0) {
            return join(of(0x0B), little(value, 2));
        }
        return value >>> 32 == 0 ? join(of(0x0C), little(value, 4)) : join(of(0x0E), little(value, 8));
    }

    /** {@return the low bytes of a number, least significant first} */
    static byte[] little(long value, int lengthBytes) {
        byte[] bytes = new byte[lengthBytes];
        for (int i = 0; i < lengthBytes; i++) {
            bytes[i] = (byte) (value >>> 8 * i);
        }
        return bytes;
    }

    /** {@return a text of ASCII characters} */
    static byte[] string(String text) {
        return join(of(0x0D), text.getBytes(StandardCharsets.US_ASCII), of(0));
    }

    /** {@return an identifier of three letters and four hexadecimal digits, compressed as EISA does} */
    static byte[] eisa(String id) {
        int letters = id.charAt(0) - '@' << 10 | id.charAt(1) - '@' << 5 | id.charAt(2) - '@';
        return integer(Integer.reverseBytes(letters << 16 | Integer.parseInt(id.substring(3), 16)) & 0xFFFF_FFFFL);
    }

    static byte[] buffer(byte[] content) {
        return sized(of(0x11), join(integer(content.length), content));
    }

    static byte[] pack(byte[]... elements) {
        return pack(List.of(elements));
    }

    /** {@return a package of at most 255 elements} */
    static byte[] pack(List<byte[]> elements) {
        return sized(of(0x12), join(of(elements.size()), join(elements)));
    }

    // ------------------------------------------------------------------ names

    /** {@return a path: segments of at most four characters between dots, absolute behind a backslash} */
    static byte[] path(String path) {
        boolean absolute = path.charAt(0) == ROOT;
        String[] segments = path.substring(absolute ? 1 : 0).split("\\.");
        byte[] prefix = switch (segments.length) {
            case 1 -> of();
            case 2 -> of(0x2E);
            default -> of(0x2F, segments.length);
        };
        var name = new StringBuilder();
        for (String segment : segments) {
            name.append(segment).repeat('_', SEGMENT - segment.length());
        }
        return join(absolute ? of(ROOT) : of(), prefix, name.toString().getBytes(StandardCharsets.US_ASCII));
    }

    /** {@return a named object with this value} */
    static byte[] name(String path, byte[] value) {
        return join(of(0x08), path(path), value);
    }

    // ------------------------------------------------------------------ scopes

    static byte[] scope(String path, byte[]... terms) {
        return sized(of(0x10), join(path(path), join(terms)));
    }

    static byte[] device(String path, byte[]... terms) {
        return sized(of(0x5B, 0x82), join(path(path), join(terms)));
    }

    /** {@return a method, not serialized} */
    static byte[] method(String path, int arguments, byte[]... terms) {
        return sized(of(0x14), join(path(path), of(arguments), join(terms)));
    }

    /** {@return a method that one caller at a time is in} */
    static byte[] serialized(String path, int arguments, byte[]... terms) {
        return method(path, arguments | SERIALIZED, terms);
    }

    /** {@return a block of I/O ports, for {@link #registers}} */
    static byte[] ports(String path, int first, int lengthBytes) {
        return join(of(0x5B, 0x80), path(path), of(1), integer(first), integer(lengthBytes));
    }

    /** {@return names for the registers of 32 bits of a block of ports, in their order} What is not written is 0. */
    static byte[] registers(String ports, String... names) {
        var fields = new ByteArrayOutputStream();
        for (String name : names) {
            fields.writeBytes(join(path(name), of(Integer.SIZE)));
        }
        return sized(of(0x5B, 0x81), join(path(ports), of(0x43), fields.toByteArray()));
    }

    // ------------------------------------------------------------------ statements

    /** {@return a call of a method without arguments} */
    static byte[] call(String path) {
        return path(path);
    }

    /** {@return an operating system is told that something is to be done about a device} */
    static byte[] tell(String device, int what) {
        return join(of(0x86), path(device), integer(what));
    }

    /** {@return the bits that both have} */
    static byte[] both(byte[] left, byte[] right) {
        return and(left, right, NOWHERE);
    }

    static byte[] store(byte[] source, byte[] target) {
        return join(of(0x70), source, target);
    }

    static byte[] giveBack(byte[] value) {
        return join(of(0xA4), value);
    }

    static byte[] when(byte[] predicate, byte[]... terms) {
        return sized(of(0xA0), join(predicate, join(terms)));
    }

    static byte[] otherwise(byte[]... terms) {
        return sized(of(0xA1), join(terms));
    }

    static byte[] equal(byte[] left, byte[] right) {
        return join(of(0x93), left, right);
    }

    static byte[] and(byte[] left, byte[] right, byte[] target) {
        return join(of(0x7B), left, right, target);
    }

    /** {@return the bits that one of them has} */
    static byte[] either(byte[] left, byte[] right) {
        return or(left, right, NOWHERE);
    }

    static byte[] or(byte[] left, byte[] right, byte[] target) {
        return join(of(0x7D), left, right, target);
    }

    /** {@return so many bits to the left} */
    static byte[] left(byte[] value, int bits) {
        return join(of(0x79), value, integer(bits), NOWHERE);
    }

    /** {@return a field of 32 bits in a buffer} */
    static byte[] doubleWordField(byte[] buffer, int offset, String path) {
        return join(of(0x8A), buffer, integer(offset), path(path));
    }

    /**
     * {@return a term behind its length} The length counts itself, in one to four bytes.
     *
     * <pre>
     *  first byte   7:6 how many bytes follow   5:0 the length, if none follows; else 3:0 its low bits
     * </pre>
     */
    private static byte[] sized(byte[] operator, byte[] body) {
        int following = 0;
        while (body.length + 1 + following >= (following == 0 ? 1 << 6 : 1 << 4 + 8 * following)) {
            following++;
        }
        int length = body.length + 1 + following;
        byte[] encoded = following == 0
                ? of(length)
                : join(of(following << 6 | length & 0xF), little(length >>> 4, following));
        return join(operator, encoded, body);
    }
}
