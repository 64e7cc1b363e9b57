package org.cupule.machine.snapshot;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.cupule.hsm.snapshot.RamContent;
import org.cupule.ram.Ram;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Reads a snapshot: first its head, so that what is none, or of another version, is told as such; then all of it for
 * its checksum; then its states, and its memory piece by piece as it is asked for.
 *
 * @threading confined to its maker
 */
public final class SnapshotReader implements RamContent, AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 20;

    private final Path file;
    private final JsonParser cbor;
    private Map<String, ModelState> states = Map.of();

    private SnapshotReader(Path file, JsonParser cbor) {
        this.file = file;
        this.cbor = cbor;
    }

    /**
     * Opens a snapshot and reads its states.
     *
     * @throws HsmException
     *             ENOENT when there is no such file; EINVAL when it is no snapshot, of another version, or damaged
     */
    public static SnapshotReader open(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new HsmException(Errno.ENOENT, "restore", "there is no file '" + file + "'");
        }
        try {
            try (SnapshotReader first = opened(file)) {
                first.head();
            }
            checkDigest(file);
            return readStates(opened(file));
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            throw refused(file, e);
        }
    }

    private static SnapshotReader opened(Path file) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES);
        try {
            return new SnapshotReader(file, SnapshotFormat.cbor().createParser(in));
        } catch (IOException | RuntimeException e) {
            in.close();
            throw e;
        }
    }

    private static SnapshotReader readStates(SnapshotReader reader) throws IOException {
        try {
            reader.head();
            reader.readStates();
            return reader;
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            reader.close();
            throw e;
        }
    }

    private static HsmException refused(Path file, Throwable e) {
        return e instanceof HsmException told
                ? told
                : new HsmException(Errno.EINVAL, "restore", "the snapshot '%s' cannot be read: %s".formatted(file,
                        e instanceof StateException ? e.getMessage() : firstLine(e)), e);
    }

    private static String firstLine(Throwable e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse(e.getClass().getSimpleName());
    }

    // ---- head and checksum

    private void head() {
        int version;
        try {
            require(cbor.nextToken() == JsonToken.START_OBJECT && next("format", JsonToken.VALUE_STRING)
                    && cbor.getText().equals(SnapshotFormat.FORMAT) && next("version", JsonToken.VALUE_NUMBER_INT));
            version = cbor.getIntValue();
        } catch (IOException | RuntimeException e) {
            throw new HsmException(Errno.EINVAL, "restore", "the file '%s' is no snapshot of a machine".formatted(file),
                    e);
        }
        if (version != SnapshotFormat.VERSION) {
            throw new HsmException(Errno.EINVAL, "restore",
                    "the snapshot '%s' is of version %d; this platform reads version %d".formatted(file, version,
                            SnapshotFormat.VERSION));
        }
    }

    private static void require(boolean holds) {
        if (!holds) {
            throw new StateException("something else is there");
        }
    }

    private boolean next(String name, JsonToken type) throws IOException {
        return cbor.nextToken() == JsonToken.FIELD_NAME && cbor.currentName().equals(name) && cbor.nextToken() == type;
    }

    private static void checkDigest(Path file) throws IOException {
        long content = Files.size(file) - SnapshotFormat.TRAILER_BYTES;
        MessageDigest digest = SnapshotFormat.digest();
        byte[] buffer = new byte[BUFFER_BYTES];
        byte[] trailer;
        try (InputStream in = Files.newInputStream(file)) {
            for (long left = content; left > 0;) {
                int read = in.readNBytes(buffer, 0, (int) Math.min(left, buffer.length));
                if (read == 0) {
                    break;
                }
                digest.update(buffer, 0, read);
                left -= read;
            }
            trailer = in.readNBytes(SnapshotFormat.TRAILER_BYTES);
        }
        byte[] wanted = Arrays.copyOf(SnapshotFormat.DIGEST_HEAD, SnapshotFormat.TRAILER_BYTES);
        System.arraycopy(digest.digest(), 0, wanted, SnapshotFormat.DIGEST_HEAD.length, SnapshotFormat.DIGEST_BYTES);
        if (content < 0 || !MessageDigest.isEqual(wanted, trailer)) {
            throw new HsmException(Errno.EINVAL, "restore",
                    "the snapshot '%s' is damaged: its checksum is not that of its content; it was cut off or changed"
                            .formatted(file));
        }
    }

    // ---- states

    private void readStates() throws IOException {
        require(next("states", JsonToken.START_OBJECT));
        var read = new TreeMap<String, ModelState>();
        var codec = new StateCodec(cbor);
        while (cbor.nextToken() == JsonToken.FIELD_NAME) {
            String place = cbor.currentName();
            cbor.nextToken();
            require(read.put(place, codec.state()) == null);
        }
        require(cbor.currentToken() == JsonToken.END_OBJECT && next("memory", JsonToken.START_ARRAY));
        states = read;
    }

    /** {@return all states, by place} */
    public Map<String, ModelState> states() {
        return states;
    }

    // ---- memory

    @Override
    public void fill(int backing, Ram ram) {
        try {
            if (cbor.nextToken() != JsonToken.START_OBJECT) {
                throw new StateException("guest memory: there is no backing %d".formatted(backing));
            }
            MemoryCodec.read(cbor, ram);
        } catch (IOException | RuntimeException e) {
            throw refused(file, e);
        }
    }

    /** Checks that nothing is left. */
    public void end() {
        try {
            require(cbor.nextToken() == JsonToken.END_ARRAY && cbor.nextToken() == JsonToken.END_OBJECT);
        } catch (IOException | RuntimeException e) {
            throw refused(file, e);
        }
    }

    @Override
    public void close() {
        try {
            cbor.close();
        } catch (IOException e) {
            throw refused(file, e);
        }
    }
}
