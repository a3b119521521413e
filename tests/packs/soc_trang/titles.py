"""What the 64 entries are called, by unit: category, topic, kind of document, title, name of the document file."""

from dataclasses import dataclass

GROUP = "tap-the"
PERSON = "ca-nhan"


@dataclass(frozen=True)
class Idea:
    """One entry as its unit thought of it, before it has a code."""

    unit: str
    category: str
    topic: str
    title: str
    document: str
    """File name of the document, whose ending says its type."""


_LINES = """
TPST|tap-the|zalo|Nhóm Zalo "Chi hội 4.0" kết nối hội viên phụ nữ khóm|nhóm Zalo chi hội khóm 4.pptx
TPST|tap-the|live|Livestream nói chuyện chuyên đề "Phụ nữ và an toàn trên không gian mạng"|Kịch bản livestream.docx
TPST|ca-nhan|canva|Thiết kế thư mời và bản tin chi hội bằng điện thoại thông minh|ban-tin-chi-hoi.jpg
TPST|tap-the|qr|Điểm danh bằng mã QR trong sinh hoạt chi hội|Ma QR diem danh.pdf
TPST|ca-nhan|game|Trò chơi Kahoot "Em hiểu luật, em yên vui" trong buổi sinh hoạt|Kahoot - bộ câu hỏi.pptx
TPST|tap-the|fanpage|Fanpage phường hội: mỗi ngày một tin tốt, mỗi tuần một câu chuyện đẹp|Fanpage phường hội.pptx
TPST|ca-nhan|dvc|Cẩm nang hướng dẫn hội viên nộp hồ sơ dịch vụ công trực tuyến|cam nang dich vu cong.pdf
TPST|tap-the|hop|Sinh hoạt chi hội kết hợp trực tiếp và trực tuyến cho phụ nữ đi làm ca|Thuyết minh mô hình.docx
VC|tap-the|khmer|Video song ngữ Việt - Khmer tuyên truyền Luật Phòng, chống bạo lực gia đình|Lời thoại song ngữ.docx
VC|tap-the|chotructuyen|Chợ hành tím trực tuyến của các chi hội ven biển|gian hàng hành tím.jpg
VC|ca-nhan|zalo|Nhắc lịch sinh hoạt chi hội bằng tin nhắn thoại trên Zalo|Tin nhan thoai.pdf
VC|tap-the|bangtinh|Quản lý tổ tiết kiệm và vay vốn bằng bảng tính trên điện thoại|Sổ thu chi tổ tiết kiệm (mẫu).pptx
VC|ca-nhan|phatthanh|Bản tin phát thanh "Tiếng nói phụ nữ làng biển" phát qua loa và Zalo|ban tin phat thanh so 1.docx
VC|tap-the|hop|Tập huấn trực tuyến qua Zoom cho Ban Chấp hành chi hội vùng nuôi tôm|bài dự thi chi hội ấp 3.pptx
VC|ca-nhan|video|Phim ngắn tự quay "Ngôi nhà không tiếng khóc"|kich-ban-phim-ngan.pdf
NN|tap-the|sotay|Sổ tay điện tử của chi hội trưởng|So tay dien tu.pdf
NN|tap-the|live|Phát trực tiếp hội thi "Bữa cơm gia đình ấm áp yêu thương" trên fanpage|Kế hoạch phát trực tiếp.docx
NN|ca-nhan|slide|Bài giảng trình chiếu "Nuôi dạy con trong thời đại số"|Nuôi dạy con thời đại số.pptx
NN|tap-the|bieumau|Lấy ý kiến hội viên bằng biểu mẫu trực tuyến trước mỗi kỳ họp|bieu-mau-lay-y-kien.pptx
NN|ca-nhan|game|Đố vui Quizizz tìm hiểu Điều lệ Hội Liên hiệp Phụ nữ Việt Nam|Bảng xếp hạng.jpg
CT|tap-the|khmer|Tổ phiên dịch số: phụ đề tiếng Khmer cho tài liệu sinh hoạt hội|Phụ đề tiếng Khmer.pptx
CT|tap-the|qr|Góc sách nhỏ gắn mã QR tại nhà sinh hoạt cộng đồng|góc sách mã QR.jpg
CT|ca-nhan|canva|Infographic bốn bước phòng tránh lừa đảo qua mạng|Bốn bước phòng tránh.pdf
CT|ca-nhan|zalo|Từ cuốn sổ tay đến nhóm Zalo: cách tôi giữ liên lạc với hội viên đi làm ăn xa|Bài viết - bản chính thức.docx
CT|tap-the|video|Chuỗi video một phút "Mẹ khỏe, con ngoan"|video 1 phut.pptx
CLD|tap-the|zalo|Mạng lưới nhóm Zalo các chi hội trên cù lao|Sơ đồ mạng lưới nhóm.pdf
CLD|tap-the|hop|Họp Ban Chấp hành qua Google Meet khi cách trở đò phà|Hop truc tuyen.pptx
CLD|ca-nhan|chotructuyen|Bán nhãn, bưởi qua mạng: buổi sinh hoạt cầm tay chỉ việc|Cầm tay chỉ việc.docx
CLD|ca-nhan|slide|Trình chiếu PowerPoint "Phân loại rác tại nguồn" cho hội viên|PHAN LOAI RAC.pptx
CLD|tap-the|bangtinh|Theo dõi heo đất tiết kiệm theo gương Bác bằng bảng tính chung|Heo đất tiết kiệm.pdf
KS|tap-the|dvc|Tổ phụ nữ chuyển đổi số: đi từng nhà, cài từng máy|tổ phụ nữ chuyển đổi số.pptx
KS|tap-the|qr|Mã QR trên cây ăn trái: mỗi vườn một câu chuyện hội viên|vuon cay ma QR.jpg
KS|ca-nhan|live|Livestream "Chuyện nhà, chuyện hội" mỗi tối thứ bảy|Chuyện nhà chuyện hội.pdf
KS|tap-the|sotay|Kho tài liệu sinh hoạt chi hội dùng chung trên Google Drive|Kho tài liệu dùng chung.docx
KS|ca-nhan|video|Video hướng dẫn làm bánh pía, bánh in cho lớp nghề của hội|Lớp nghề làm bánh.jpg
KS|tap-the|bieumau|Khảo sát nhu cầu học nghề của hội viên bằng Google Forms|Khao sat hoc nghe.pdf
KS|tap-the|game|Vòng quay may mắn trên máy tính trong sinh hoạt chuyên đề|Vòng quay may mắn.pptx
LP|tap-the|fanpage|Trang Facebook "Phụ nữ vùng hạ" lan tỏa gương người tốt, việc tốt|Gương người tốt việc tốt.docx
LP|tap-the|zalo|Hộp thư góp ý trên Zalo OA của hội phụ nữ xã|Hop thu gop y.pptx
LP|ca-nhan|slide|Kể chuyện Bác Hồ bằng hình ảnh trình chiếu|Kể chuyện Bác Hồ.pptx
LP|ca-nhan|bangtinh|Sổ hội viên điện tử bằng Excel: tìm một người trong ba giây|sổ hội viên điện tử.pdf
LP|tap-the|qr|Một lần quét, đủ tài liệu: mã QR thay tài liệu giấy tại hội nghị|Mot lan quet.jpg
LP|tap-the|phatthanh|Podcast "Mười phút cùng chị em" dành cho hội viên lớn tuổi|Podcast muoi phut.docx
MT|tap-the|hop|Câu lạc bộ "Gia đình hạnh phúc" sinh hoạt trực tuyến mùa mưa lũ|CLB Gia đình hạnh phúc.pptx
MT|tap-the|canva|Bản tin ảnh hằng tháng của chi hội làm bằng Canva|bản tin ảnh tháng 3.jpg
MT|ca-nhan|video|Tiểu phẩm quay bằng điện thoại "Nói không với tín dụng đen"|Tiểu phẩm.docx
MT|ca-nhan|zalo|Bình chọn giờ sinh hoạt bằng tính năng khảo sát của Zalo|Binh chon gio sinh hoat.pdf
MT|tap-the|dvc|Ngày thứ năm không hẹn: giúp hội viên cài VNeID và sổ sức khỏe điện tử|Ngay thu nam khong hen.pptx
MX|tap-the|khmer|Lớp học số song ngữ cho phụ nữ Khmer buổi đầu dùng điện thoại thông minh|Lớp học số song ngữ.pptx
MX|tap-the|live|Tọa đàm trực tuyến "Phụ nữ khởi nghiệp từ con tôm, cây lúa"|Tọa đàm trực tuyến.pdf
MX|ca-nhan|game|Bộ câu hỏi tương tác về bình đẳng giới trên Quizizz|bo cau hoi tuong tac.pdf
MX|tap-the|bangtinh|Minh bạch quỹ hội bằng bảng tính chia sẻ cho mọi hội viên|Quỹ hội minh bạch.docx
MX|ca-nhan|fanpage|Góc "Hỏi đáp cùng chị hội trưởng" trên Facebook|Hỏi đáp cùng chị hội trưởng.jpg
MX|tap-the|sotay|Cẩm nang sinh hoạt chi hội trên điện thoại: mười hai tháng, mười hai chủ đề|12 thang 12 chu de.pptx
TT|tap-the|video|Phim tư liệu "Năm không, ba sạch: chuyện từ những con đường hoa"|Duong hoa.pdf
TT|tap-the|zalo|Tổ Zalo an ninh phụ nữ: báo tin nhanh, hòa giải sớm|to Zalo an ninh.pptx
TT|ca-nhan|bieumau|Bài kiểm tra kiến thức pháp luật bằng biểu mẫu tự chấm điểm|Biểu mẫu tự chấm.docx
TT|ca-nhan|slide|Bài trình chiếu "Phòng, chống mua bán người trong thời đại mạng xã hội"|phong chong mua ban nguoi.pptx
TT|tap-the|chotructuyen|Gian hàng chiếu lác và đan đát trên sàn thương mại điện tử|Gian hàng chiếu lác.pdf
TD|tap-the|phatthanh|Loa ấp, loa phum sóc: bản tin song ngữ phát cùng lúc trên Facebook|Ban tin song ngu.docx
TD|tap-the|hop|Sinh hoạt chi hội theo chuyến biển: họp trực tuyến với chị em chờ ghe về|Theo chuyến biển.pptx
TD|ca-nhan|dvc|Ba phút nộp hồ sơ: video hướng dẫn dịch vụ công cho hội viên vùng biển|3 phut nop ho so.pdf
TD|ca-nhan|fanpage|Chị bán cá làm phóng viên: viết tin bài cho trang của hội bằng điện thoại|Chị bán cá làm phóng viên.docx
TD|tap-the|bieumau|Đăng ký khám sức khỏe phụ nữ qua mã QR và biểu mẫu trực tuyến|Đăng ký khám sức khỏe.pdf
"""


def ideas() -> list[Idea]:
    """All 64, unit by unit."""
    found = []
    for line in _LINES.strip().splitlines():
        unit, category, topic, title, document = line.split("|")
        found.append(Idea(unit, category, topic, title, document))
    return found
