package org.cupule.machine.stream;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what a device sends to a file. Lines are in the file as soon as they are complete. When the host can write no
 * more, it is logged once and the rest is dropped: the guest goes on.
 *
 * @threading any thread; a lock is held around each write
 */
public final class FileBacking implements Backing {
    private static final Logger LOG = LoggerFactory.getLogger(FileBacking.class);

    private final Path file;
    private final OutputStream out;
    private boolean broken;

    /**
     * Opens the file, and empties it.
     *
     * @throws HsmException
     *             EACCES when it cannot be written
     */
    public FileBacking(Path file) {
        this(file, StandardOpenOption.TRUNCATE_EXISTING);
    }

    /** Opens the file, to write on where it ends. */
    public static FileBacking appending(Path file) {
        return new FileBacking(file, StandardOpenOption.APPEND);
    }

    private FileBacking(Path file, OpenOption how) {
        this.file = file;
        try {
            out = new BufferedOutputStream(Files.newOutputStream(file, StandardOpenOption.WRITE,
                    StandardOpenOption.CREATE, how));
        } catch (IOException e) {
            throw new HsmException(Errno.EACCES, "backend",
                    "the file '" + file + "' cannot be written (" + e + "); choose another path", e);
        }
    }

    @Override
    public synchronized boolean write(int value) {
        try {
            if (!broken) {
                out.write(value);
                if (value == '\n') {
                    out.flush();
                }
            }
        } catch (IOException e) {
            broken = true;
            LOG.error("write to {} failed, the rest is dropped: {}", file, e.toString());
        }
        return true;
    }

    @Override
    public int read() {
        return -1;
    }

    @Override
    public void onInput(Runnable action) {
        // No byte ever comes.
    }

    @Override
    public synchronized void close() {
        try {
            broken = true;
            out.close();
        } catch (IOException e) {
            LOG.error("closing {} failed: {}", file, e.toString());
        }
    }
}
