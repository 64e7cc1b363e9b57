package org.cupule.deployer;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which plug-ins are installed, kept over restarts: one line each, {@code name version sha256 location}. Several
 * processes may share it.
 *
 * @threading any thread
 */
final class LockFile {
    private static final Logger LOG = LoggerFactory.getLogger(LockFile.class);
    private static final String HEAD = "# The plug-ins that come back when Cupule starts: name version sha256 location.\n";
    private static final Pattern LINE = Pattern.compile("(\\S+) (\\S+) ([0-9a-f]{64}) (\\S+)");

    private final Path file;

    LockFile(Path file) {
        this.file = file;
    }

    /**
     * One plug-in.
     *
     * @threading immutable
     */
    record Entry(String name, String version, String sha256, URI location) {
        static Entry of(PluginJar jar) {
            return new Entry(jar.name(), jar.version().toString(), jar.sha256(), jar.location());
        }

        String id() {
            return name + "@" + version;
        }

        private String line() {
            return "%s %s %s %s\n".formatted(name, version, sha256, location);
        }
    }

    /** {@return what it says; a line that is none is left out, and logged} */
    List<Entry> read() {
        try {
            return lines().stream().flatMap(this::entry).toList();
        } catch (IOException e) {
            LOG.error("{} cannot be read: {}", file, e.toString());
            return List.of();
        }
    }

    /** {@return its lines, a character for each byte: what nobody here understands goes back as it was} */
    private List<String> lines() throws IOException {
        return Files.exists(file) ? Files.readString(file, StandardCharsets.ISO_8859_1).lines().toList() : List.of();
    }

    private Stream<Entry> entry(String bytes) {
        String line = new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        var match = LINE.matcher(line);
        if (line.isBlank() || line.startsWith("#")) {
            return Stream.empty();
        }
        try {
            if (match.matches()) {
                return Stream.of(new Entry(match.group(1), match.group(2), match.group(3), URI.create(match.group(4))));
            }
        } catch (IllegalArgumentException e) {
            LOG.debug("{}: {}", line, e.getMessage());
        }
        LOG.error("{}: the line '{}' is not of the form 'name version sha256 location', and left out", file, line);
        return Stream.empty();
    }

    /** A plug-in is there: in place of those of the same name whose hashes are given. */
    void put(Entry entry, List<String> replaced) {
        change(other -> replaced.contains(other.sha256()) || other.sha256().equals(entry.sha256()), entry.line());
    }

    /** Plug-ins with these hashes are gone. */
    void remove(List<String> hashes) {
        change(entry -> hashes.contains(entry.sha256()), "");
    }

    /** Under a lock of the host, and written whole or not at all; remarks and lines that are none stay. */
    private synchronized void change(Predicate<Entry> gone, String added) {
        Path guard = file.resolveSibling(file.getFileName() + ".guard");
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            try (var channel = FileChannel.open(guard, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    var held = channel.lock()) {
                LOG.trace("{} held", held);
                List<String> lines = lines();
                var text = new StringBuilder(lines.isEmpty() ? HEAD : "");
                lines.stream().filter(line -> entry(line).noneMatch(gone)).forEach(line -> text.append(line).append(
                        '\n'));
                text.append(new String(added.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
                Path fresh = Files.writeString(file.resolveSibling(file.getFileName() + ".new"), text,
                        StandardCharsets.ISO_8859_1);
                Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new HsmException(Errno.EIO, "plug", "%s cannot be changed: %s".formatted(file, e), e);
        }
    }
}
