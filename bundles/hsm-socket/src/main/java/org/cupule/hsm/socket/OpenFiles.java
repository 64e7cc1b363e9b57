package org.cupule.hsm.socket;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.cupule.hsm.HsmDevice;
import org.cupule.hsm.HsmHandle;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * The files that clients have open, by token.
 *
 * @threading any thread
 */
final class OpenFiles {
    private final HsmDevice device;
    private final Map<String, OpenFile> files = new ConcurrentHashMap<>();

    /**
     * One open file.
     *
     * @threading any thread
     */
    record OpenFile(HsmHandle handle, RemoteCaller caller) implements AutoCloseable {
        /** Carries an ioctl out. @return 0 or a negative error number */
        int carryOut(Exchange exchange) {
            return caller.carryOut(handle, exchange);
        }

        /** Destroys its VM; then nothing uses the client's counters any more. */
        @Override
        public void close() {
            handle.close();
            caller.close();
        }
    }

    OpenFiles(HsmDevice device) {
        this.device = device;
    }

    /** Opens one. @return its token */
    byte[] open() {
        byte[] token = Tokens.next();
        RemoteCaller caller = new RemoteCaller();
        files.put(Tokens.text(token), new OpenFile(device.open(caller, caller), caller));
        return token;
    }

    /** {@return the file of a token}; EBADF */
    OpenFile file(String token) {
        OpenFile file = files.get(token);
        if (file == null) {
            throw new HsmException(Errno.EBADF, "hsm socket", "there is no such open file");
        }
        return file;
    }

    /** Closes one, with its VM; does nothing when it is closed. */
    void close(String token) {
        OpenFile file = files.remove(token);
        if (file != null) {
            file.close();
        }
    }

    /** Closes all. */
    void close() {
        files.keySet().forEach(this::close);
    }

    int count() {
        return files.size();
    }
}
