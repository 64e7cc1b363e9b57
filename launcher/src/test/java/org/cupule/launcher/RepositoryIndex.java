package org.cupule.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.Version;
import org.w3c.dom.Element;
import org.xml.sax.SAXException;

/**
 * An index of bundles, as OSGi's Repository Service has them in XML (OSGi Compendium, 132.5).
 *
 * @threading confined to the test
 */
final class RepositoryIndex {
    private static final String PACKAGE = "osgi.wiring.package";
    private static final List<String> LOOKED_AT = List.of(PACKAGE, "osgi.extender", "osgi.wiring.bundle");

    /** One file. */
    record Content(String path, String sha256) {
    }

    private final Element root;

    RepositoryIndex(Path file) throws IOException, ParserConfigurationException, SAXException {
        root = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile()).getDocumentElement();
    }

    static String sha256(Path file) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (IOException | NoSuchAlgorithmException failed) {
            throw new AssertionError(failed);
        }
    }

    private static Stream<Element> all(Element under, String name) {
        var found = under.getElementsByTagName(name);
        return IntStream.range(0, found.getLength()).mapToObj(i -> (Element) found.item(i));
    }

    private static Map<String, Object> values(Element of, String kind) {
        var values = new HashMap<String, Object>();
        all(of, kind).forEach(each -> values.put(each.getAttribute("name"), each.getAttribute("type").equals("Version")
                ? Version.parseVersion(each.getAttribute("value"))
                : each.getAttribute("value")));
        return values;
    }

    /** {@return the files; the parts of a jar of several releases, which bnd names by URNs, are none} */
    List<Content> contents() {
        return all(root, "capability").filter(each -> each.getAttribute("namespace").equals("osgi.content"))
                .map(each -> values(each, "attribute"))
                .map(values -> new Content(String.valueOf(values.get("url")),
                        String.valueOf(values.get("osgi.content")).toLowerCase(Locale.ROOT)))
                .filter(content -> !content.path().startsWith("urn:")).toList();
    }

    /** {@return requirements that nothing here fulfils, other than packages of the JDK and of the framework} */
    List<String> missing(Predicate<String> ofFramework) throws InvalidSyntaxException {
        var missing = new ArrayList<String>();
        for (Element need : all(root, "requirement").filter(RepositoryIndex::isNeeded).toList()) {
            String filter = String.valueOf(values(need, "directive").get("filter"));
            if (!isFulfilled(need.getAttribute("namespace"), filter) && !isBelow(filter, ofFramework)) {
                missing.add(filter);
            }
        }
        return missing;
    }

    private static boolean isNeeded(Element need) {
        Map<String, Object> directives = values(need, "directive");
        return LOOKED_AT.contains(need.getAttribute("namespace"))
                && !"optional".equals(directives.get("resolution")) && !"active".equals(directives.get("effective"));
    }

    private boolean isFulfilled(String namespace, String text) throws InvalidSyntaxException {
        var filter = FrameworkUtil.createFilter(text);
        return all(root, "capability").filter(each -> each.getAttribute("namespace").equals(namespace))
                .anyMatch(each -> filter.matches(values(each, "attribute")));
    }

    private static boolean isBelow(String filter, Predicate<String> ofFramework) {
        String name = filter.replaceAll(".*\\(osgi\\.wiring\\.package=([^)]*)\\).*", "$1");
        return ofFramework.test(name)
                || ModuleLayer.boot().modules().stream().anyMatch(module -> module.getPackages().contains(name));
    }
}
