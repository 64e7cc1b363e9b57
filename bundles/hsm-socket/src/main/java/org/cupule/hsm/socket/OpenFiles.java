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
    private final Map<String, HsmHandle> files = new ConcurrentHashMap<>();

    OpenFiles(HsmDevice device) {
        this.device = device;
    }

    /** Opens one. @return its token */
    byte[] open() {
        byte[] token = Tokens.next();
        RemoteCaller caller = new RemoteCaller();
        files.put(Tokens.text(token), device.open(caller, caller));
        return token;
    }

    /** {@return the file of a token}; EBADF */
    HsmHandle file(String token) {
        HsmHandle handle = files.get(token);
        if (handle == null) {
            throw new HsmException(Errno.EBADF, "hsm socket", "there is no such open file");
        }
        return handle;
    }

    /** Closes one, with its VM; does nothing when it is closed. */
    void close(String token) {
        HsmHandle handle = files.remove(token);
        if (handle != null) {
            handle.close();
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
