package org.cupule.machine.snapshot;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.cupule.ram.Ram;
import org.cupule.state.ModelState;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Writes a snapshot: to a file beside the wanted one, which takes its place when it is complete and on the disk. Only
 * its owner may read it, for all that the guest knows is in it.
 *
 * @threading confined to the call
 */
public final class SnapshotWriter {
    private static final int BUFFER_BYTES = 1 << 20;

    private SnapshotWriter() {
    }

    /**
     * Writes a snapshot.
     *
     * @throws HsmException
     *             EACCES when the file cannot be written, with the host's reason
     */
    public static void write(Path file, Map<String, ModelState> states, List<Ram> backings) {
        Path whole = file.toAbsolutePath();
        Path part = whole.resolveSibling("." + whole.getFileName() + "." + ProcessHandle.current().pid() + ".part");
        try {
            try {
                writePart(part, states, backings);
                Files.move(part, whole, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException | UnsupportedOperationException e) {
            throw new HsmException(Errno.EACCES, "save", "the file '%s' cannot be written (%s); choose another one"
                    .formatted(file, e), e);
        }
    }

    private static void writePart(Path part, Map<String, ModelState> states, List<Ram> backings) throws IOException {
        MessageDigest digest = SnapshotFormat.digest();
        Files.deleteIfExists(part);
        try (FileChannel channel = FileChannel.open(part, EnumSet.of(StandardOpenOption.WRITE,
                StandardOpenOption.CREATE_NEW), ownerOnly());
                OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER_BYTES)) {
            var digested = new DigestOutputStream(out, digest);
            try (JsonGenerator cbor = SnapshotFormat.cbor().createGenerator(digested)) {
                cbor.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
                write(cbor, states, backings);
            }
            out.write(SnapshotFormat.DIGEST_HEAD);
            out.write(digest.digest());
            out.flush();
            channel.force(true);
        }
    }

    private static FileAttribute<?>[] ownerOnly() {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[]{PosixFilePermissions
                        .asFileAttribute(PosixFilePermissions.fromString("rw-------"))}
                : new FileAttribute<?>[0];
    }

    private static void write(JsonGenerator cbor, Map<String, ModelState> states, List<Ram> backings)
            throws IOException {
        cbor.writeStartObject();
        cbor.writeStringField("format", SnapshotFormat.FORMAT);
        cbor.writeNumberField("version", SnapshotFormat.VERSION);
        cbor.writeObjectFieldStart("states");
        for (var entry : states.entrySet()) {
            cbor.writeFieldName(entry.getKey());
            StateCodec.write(cbor, entry.getValue());
        }
        cbor.writeEndObject();
        cbor.writeArrayFieldStart("memory");
        for (Ram ram : backings) {
            MemoryCodec.write(cbor, ram);
        }
        cbor.writeEndArray();
        cbor.writeEndObject();
    }
}
