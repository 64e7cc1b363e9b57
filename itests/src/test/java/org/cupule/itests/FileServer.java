package org.cupule.itests;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * Gives one content to whoever asks by HTTP, on a port of the loopback interface.
 *
 * @threading any thread; each connection has its own
 */
final class FileServer implements AutoCloseable {
    private final ServerSocket listening;
    private final byte[] content;

    FileServer(byte[] content) throws IOException {
        this.content = content;
        this.listening = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().name("file-server").start(this::accept);
    }

    int port() {
        return listening.getLocalPort();
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket connection = listening.accept();
                Thread.ofVirtual().start(() -> answer(connection));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void answer(Socket connection) {
        try (connection) {
            var in = new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.US_ASCII));
            String line = in.readLine();
            while (line != null && !line.isEmpty()) {
                line = in.readLine();
            }
            var out = connection.getOutputStream();
            out.write("HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n".formatted(content.length)
                    .getBytes(StandardCharsets.US_ASCII));
            out.write(content);
            out.flush();
        } catch (IOException e) {
            // Who asked has gone: the guest asks again.
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
