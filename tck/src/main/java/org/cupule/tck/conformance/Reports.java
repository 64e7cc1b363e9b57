package org.cupule.tck.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * The reports that Maven's test plug-ins and the rig's virtual machine left: {@code target/*-reports/TEST-*.xml} of
 * every module.
 */
final class Reports {
    private Reports() {
    }

    /** How a test ended. */
    enum End {
        PASSED, FAILED, SKIPPED
    }

    /**
     * One test that was run.
     *
     * @param suite
     *            its class, without the package
     * @param name
     *            its display name
     * @param end
     *            how it ended
     * @threading immutable
     */
    record Test(String suite, String name, End end) {
    }

    /** {@return every test of the last run} */
    static List<Test> read(Path root) throws IOException, ParserConfigurationException, SAXException {
        DocumentBuilder parser = DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder();
        List<Test> tests = new ArrayList<>();
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.filter(Reports::isReport).sorted().toList()) {
                NodeList cases = parser.parse(path.toFile()).getElementsByTagName("testcase");
                for (int i = 0; i < cases.getLength(); i++) {
                    tests.add(test((Element) cases.item(i)));
                }
            }
        }
        return tests;
    }

    private static boolean isReport(Path path) {
        return path.getFileName().toString().matches("TEST-.*\\.xml")
                && path.getParent().getFileName().toString().matches("(surefire|failsafe|rig)-reports");
    }

    private static Test test(Element element) {
        String suite = element.getAttribute("classname");
        return new Test(suite.substring(suite.lastIndexOf('.') + 1), element.getAttribute("name"), end(element));
    }

    private static End end(Element test) {
        if (test.getElementsByTagName("failure").getLength() + test.getElementsByTagName("error").getLength() > 0) {
            return End.FAILED;
        }
        return test.getElementsByTagName("skipped").getLength() > 0 ? End.SKIPPED : End.PASSED;
    }
}
