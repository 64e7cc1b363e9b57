package org.cupule.deployer;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * A dump of the JVM's heap, in the format HPROF 1.0.2 with identifiers of 8 bytes, as HotSpot writes it: objects with
 * what they refer to, and the roots.
 *
 * <pre>
 *   file:    "JAVA PROFILE 1.0.2\0" u4 size-of-identifiers u8 time, then records: u1 tag u4 time u4 length body
 *   records: 01 string    id utf8            02 class loaded   u4 serial id u4 serial name-id
 *            0C, 1C heap segment: sub-records
 *   heap:    FF 01 02 03 04 05 06 07 08 roots
 *            20 class     id u4 super loader signers domain id id u4 size  u2 pool  u2 statics  u2 fields
 *            21 instance  id u4 class u4 length values      22 array of references  id u4 u4 length class ids
 *            23 array of primitives  id u4 u4 length type values
 * </pre>
 *
 * @threading confined to one thread
 */
final class HeapDump implements AutoCloseable {
    private static final ValueLayout.OfLong U8 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt U4 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort U2 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int REFERENCE = 2;
    private static final int CLASS = 0x20;
    private static final int INSTANCE = 0x21;
    private static final int REFERENCES = 0x22;
    private static final int PRIMITIVES = 0x23;
    /** By type code: 2 reference, 4 boolean, 5 char, 6 float, 7 double, 8 byte, 9 short, 10 int, 11 long. */
    private static final int[] SIZES = {0, 0, 8, 0, 1, 2, 4, 8, 1, 2, 4, 8};

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment file;
    private final Map<Long, String> strings = new HashMap<>();
    private final Map<Long, Long> classNames = new HashMap<>();
    private final Map<Long, Type> types = new HashMap<>();
    private final List<Root> roots = new ArrayList<>();
    private long[] ids = new long[1 << 16];
    private long[] places = new long[1 << 16];
    private int count;
    private long at;

    /**
     * What keeps an object alive.
     *
     * @param kind
     *            tag of the root: 0x08 thread, 0x03 a local variable in Java code, 0x05 a class of the JVM, ...
     * @param thread
     *            serial number of the thread, or 0
     */
    record Root(int kind, long object, int thread) {
    }

    /** A field of a class: its name and the code of its type. */
    private record Field(String name, int type) {
    }

    private record Type(long id, long parent, long loader, List<Field> fields, Map<String, Long> statics) {
    }

    /** Gets what an object refers to. */
    interface Edges {
        void to(String how, long object);
    }

    private HeapDump(Path path) throws IOException {
        try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
            file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (Throwable e) {
            arena.close();
            throw e;
        }
    }

    /** Reads a dump; IOException when it is none, or of a form that is not known here. */
    static HeapDump read(Path path) throws IOException {
        var dump = new HeapDump(path);
        try {
            dump.index();
            return dump;
        } catch (IndexOutOfBoundsException e) {
            dump.close();
            throw new IOException("the heap dump ends too early", e);
        } catch (Throwable e) {
            dump.close();
            throw e;
        }
    }

    @Override
    public void close() {
        arena.close();
    }

    // ------------------------------------------------------------------ questions

    List<Root> roots() {
        return roots;
    }

    int objects() {
        return count;
    }

    /** {@return the number of an object, 0 to objects() - 1; negative when there is none} */
    int number(long id) {
        return Arrays.binarySearch(ids, 0, count, id);
    }

    long id(int number) {
        return ids[number];
    }

    /** {@return the binary name of an object's class, as {@code java.lang.String} or {@code byte[]}} */
    String className(long id) {
        int number = number(id);
        if (number < 0) {
            return "?";
        }
        at = places[number];
        return switch (u1()) {
            case CLASS -> "class " + name(id);
            case INSTANCE -> name(file.get(U8, at + 12));
            case REFERENCES -> name(file.get(U8, at + 16)).replaceFirst("^\\[L(.*);$", "$1[]");
            default -> "primitive[]";
        };
    }

    private String name(long type) {
        Long string = classNames.get(type);
        return string == null ? "?" : strings.getOrDefault(string, "?").replace('/', '.');
    }

    /** Calls with each instance of a class. */
    void instances(String className, LongConsumer visitor) {
        for (int i = 0; i < count; i++) {
            if (file.get(ValueLayout.JAVA_BYTE, places[i]) == INSTANCE
                    && name(file.get(U8, places[i] + 13)).equals(className)) {
                visitor.accept(ids[i]);
            }
        }
    }

    /** {@return what a field of an object refers to, be it only weakly; 0 for nothing} */
    long field(long object, String field) {
        long value = place(object, field);
        return value == 0 ? 0 : file.get(U8, value);
    }

    /** {@return the class loader of an object's class, or of a class; 0 for the JVM's own} */
    long loader(long object) {
        long start = places[number(object)] + 1;
        Type type = types.get(switch (file.get(ValueLayout.JAVA_BYTE, start - 1)) {
            case CLASS -> object;
            case INSTANCE -> file.get(U8, start + 12);
            case REFERENCES -> file.get(U8, start + 16);
            default -> 0L;
        });
        return type == null ? 0 : type.loader;
    }

    /** {@return the text of a string object} */
    String text(long string) {
        int array = number(field(string, "value"));
        if (array < 0 || file.get(ValueLayout.JAVA_BYTE, places[array]) != PRIMITIVES) {
            return "?";
        }
        int length = file.get(U4, places[array] + 13);
        return new String(file.asSlice(places[array] + 18, length).toArray(ValueLayout.JAVA_BYTE), charset(string));
    }

    /** {@return how the JVM keeps the text of a string: Latin-1, or UTF-16 in the byte order of the machine} */
    private Charset charset(long string) {
        long value = place(string, "coder");
        if (value == 0 || file.get(ValueLayout.JAVA_BYTE, value) == 0) {
            return StandardCharsets.ISO_8859_1;
        }
        return ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? StandardCharsets.UTF_16BE : StandardCharsets.UTF_16LE;
    }

    /** {@return where the value of an object's field is; 0 when it has no such field} */
    private long place(long object, String name) {
        long start = places[number(object)] + 1;
        long value = start + 24;
        for (Type part = types.get(file.get(U8, start + 12)); part != null; part = types.get(part.parent)) {
            for (Field field : part.fields) {
                if (field.name.equals(name)) {
                    return value;
                }
                value += SIZES[field.type];
            }
        }
        return 0;
    }

    /** Calls with each object that this one keeps alive: not the referents of weak, soft and phantom references. */
    void edges(long object, Edges edges) {
        int number = number(object);
        if (number < 0) {
            return;
        }
        at = places[number];
        switch (u1()) {
            case CLASS -> classEdges(object, edges);
            case INSTANCE -> instanceEdges(edges);
            case REFERENCES -> arrayEdges(edges);
            default -> {
                // it holds no references
            }
        }
    }

    private void classEdges(long object, Edges edges) {
        Type type = types.get(object);
        if (type != null) {
            type.statics.forEach((name, target) -> edges.to("static " + name, target));
            edges.to("its class loader", type.loader);
            edges.to("its superclass", type.parent);
        }
    }

    private void instanceEdges(Edges edges) {
        long type = file.get(U8, at + 12);
        long value = at + 24;
        edges.to("its class", type);
        for (Type part = types.get(type); part != null; part = types.get(part.parent)) {
            for (Field field : part.fields) {
                if (field.type == REFERENCE && !weak(part, field)) {
                    edges.to(field.name, file.get(U8, value));
                }
                value += SIZES[field.type];
            }
        }
    }

    private boolean weak(Type part, Field field) {
        return field.name.equals("referent") && name(part.id).equals("java.lang.ref.Reference");
    }

    private void arrayEdges(Edges edges) {
        int length = file.get(U4, at + 12);
        long first = at + 24;
        for (int i = 0; i < length; i++) {
            edges.to("[" + i + "]", file.get(U8, first + 8L * i));
        }
    }

    // ------------------------------------------------------------------ reading

    private void index() throws IOException {
        while (u1() != 0) {
            // the name of the format
        }
        if (u4() != 8) {
            throw new IOException("the heap dump has identifiers that are not of 8 bytes");
        }
        at += 8;
        while (at < file.byteSize()) {
            int tag = u1();
            at += 4;
            long length = Integer.toUnsignedLong(u4());
            long end = at + length;
            switch (tag) {
                case 0x01 -> strings.put(file.get(U8, at), new String(file.asSlice(at + 8, length - 8).toArray(
                        ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8));
                case 0x02 -> classNames.put(file.get(U8, at + 4), file.get(U8, at + 16));
                case 0x0C, 0x1C -> segment(end);
                default -> {
                    // stack traces and the end
                }
            }
            at = end;
        }
        sort();
    }

    private void segment(long end) throws IOException {
        while (at < end) {
            long place = at;
            int tag = u1();
            switch (tag) {
                case 0xFF, 0x05, 0x07 -> root(tag, 0, 0);
                case 0x01 -> root(tag, 8, 0);
                case 0x02, 0x03 -> rootOfThread(tag, 4);
                case 0x04, 0x06 -> rootOfThread(tag, 0);
                case 0x08 -> rootOfThread(tag, 4);
                case CLASS -> type(place);
                case INSTANCE -> {
                    add(place);
                    at += 24L + file.get(U4, at + 20);
                }
                case REFERENCES -> {
                    add(place);
                    at += 24 + 8L * file.get(U4, at + 12);
                }
                case PRIMITIVES -> {
                    add(place);
                    at += 17 + (long) file.get(U4, at + 12) * SIZES[file.get(ValueLayout.JAVA_BYTE, at + 16)];
                }
                default -> throw new IOException("the heap dump has a record 0x%x that is not known".formatted(tag));
            }
        }
    }

    private void root(int kind, int more, int thread) {
        roots.add(new Root(kind, file.get(U8, at), thread));
        at += 8L + more;
    }

    private void rootOfThread(int kind, int more) {
        roots.add(new Root(kind, file.get(U8, at), file.get(U4, at + 8)));
        at += 12L + more;
    }

    private void type(long place) {
        add(place);
        long id = file.get(U8, at);
        long parent = file.get(U8, at + 12);
        long loader = file.get(U8, at + 20);
        at += 64;
        for (int left = u2(); left > 0; left--) {
            at += 2;
            int type = u1();
            at += SIZES[type];
        }
        var statics = new HashMap<String, Long>();
        for (int left = u2(); left > 0; left--) {
            String name = strings.getOrDefault(u8(), "?");
            int type = u1();
            if (type == REFERENCE) {
                statics.put(name, file.get(U8, at));
            }
            at += SIZES[type];
        }
        var fields = new ArrayList<Field>();
        for (int left = u2(); left > 0; left--) {
            fields.add(new Field(strings.getOrDefault(u8(), "?"), u1()));
        }
        types.put(id, new Type(id, parent, loader, fields, statics));
    }

    private void add(long place) {
        if (count == ids.length) {
            ids = Arrays.copyOf(ids, 2 * count);
            places = Arrays.copyOf(places, 2 * count);
        }
        ids[count] = file.get(U8, place + 1);
        places[count++] = place;
    }

    private void sort() {
        long[] sorted = Arrays.copyOf(ids, count);
        Arrays.sort(sorted);
        long[] moved = new long[count];
        for (int i = 0; i < count; i++) {
            moved[Arrays.binarySearch(sorted, ids[i])] = places[i];
        }
        ids = sorted;
        places = moved;
    }

    private int u1() {
        return Byte.toUnsignedInt(file.get(ValueLayout.JAVA_BYTE, at++));
    }

    private int u2() {
        at += 2;
        return Short.toUnsignedInt(file.get(U2, at - 2));
    }

    private int u4() {
        at += 4;
        return file.get(U4, at - 4);
    }

    private long u8() {
        at += 8;
        return file.get(U8, at - 8);
    }
}
