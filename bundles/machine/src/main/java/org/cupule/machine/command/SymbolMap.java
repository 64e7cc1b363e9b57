package org.cupule.machine.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * The names of a guest's addresses: a {@code System.map}, as {@code nm} writes it, lines of an address in hexadecimal,
 * a letter and a name.
 *
 * @threading immutable
 */
final class SymbolMap {
    /** Knows no names. */
    static final SymbolMap EMPTY = new SymbolMap(new TreeMap<>(Long::compareUnsigned));
    private static final Pattern LINE = Pattern.compile("([0-9a-fA-F]{1,16}) [a-zA-Z?] (\\S+)");
    /** Farther behind a symbol than this is not in it. */
    private static final long MOST_BYTES = 1 << 20;

    private final TreeMap<Long, String> names;

    private SymbolMap(TreeMap<Long, String> names) {
        this.names = names;
    }

    /**
     * Reads a file.
     *
     * @throws HsmException
     *             ENOENT when it cannot be read, EINVAL when no line of it is a symbol
     */
    static SymbolMap read(Path file) {
        var names = new TreeMap<Long, String>(Long::compareUnsigned);
        try (var lines = Files.lines(file, java.nio.charset.StandardCharsets.ISO_8859_1)) {
            lines.map(LINE::matcher).filter(Matcher::matches)
                    .forEach(line -> names.put(Long.parseUnsignedLong(line.group(1), 16), line.group(2)));
        } catch (IOException e) {
            throw new HsmException(Errno.ENOENT, "symbols", "'" + file + "' cannot be read: " + e.getMessage(), e);
        }
        if (names.isEmpty()) {
            throw new HsmException(Errno.EINVAL, "symbols",
                    "'" + file + "' has no symbols: lines of an address, a letter and a name, as nm writes them");
        }
        return new SymbolMap(names);
    }

    /** {@return the symbol before an address and the distance to it: {@code do_idle+0x7f}} */
    Optional<String> at(long address) {
        Map.Entry<Long, String> before = names.floorEntry(address);
        if (before == null || Long.compareUnsigned(address - before.getKey(), MOST_BYTES) >= 0) {
            return Optional.empty();
        }
        return Optional.of(before.getValue() + (address == before.getKey()
                ? ""
                : "+0x%x".formatted(address - before.getKey())));
    }
}
